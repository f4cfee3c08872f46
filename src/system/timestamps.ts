// Moments as Go prints them in JSON: RFC 3339, no more decimals than there are.

/** @param ns nanoseconds since the epoch */
export function timestamp(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** @param ms milliseconds since the epoch */
export function timestampOfMs(ms: number): string {
  return timestamp(BigInt(Math.trunc(ms)) * 1_000_000n);
}
