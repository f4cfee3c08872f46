// Points in time as the API writes them: RFC 3339 in UTC, with nanoseconds in a creation's answer and microseconds,
// cut off rather than rounded, ever after [scaleway mnq v1beta1].

const nsPerUs = 1_000n;
const usPerSecond = 1_000_000;
const secondsPerDay = 86_400;

/** Whole microseconds since the Unix epoch. */
export function microseconds(ns: bigint): number {
  return Number(ns / nsPerUs);
}

/** Whole seconds since the Unix epoch, as JWTs count. */
export function seconds(ns: bigint): number {
  return Number(ns / 1_000_000_000n);
}

/** `2026-04-10T10:59:01.818748Z` */
export function formatUs(us: number): string {
  return `${formatSeconds(Math.floor(us / usPerSecond))}.${String(us % usPerSecond).padStart(6, "0")}Z`;
}

/** `2026-04-10T10:59:01.818748713Z` */
export function formatNs(ns: bigint): string {
  return `${formatSeconds(seconds(ns))}.${String(ns % 1_000_000_000n).padStart(9, "0")}Z`;
}

function formatSeconds(total: number): string {
  const [year, month, day] = civil(Math.floor(total / secondsPerDay));
  const second = total % secondsPerDay;
  const clock = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${clock}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar (Howard Hinnant's way). */
function civil(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
