// Durations as Go programs read them: "1h30m", "1.5s", "100ms". [Go time.ParseDuration]
import { bytesOf } from "./rune.ts";

const unitNs = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3_600e9],
]);
const nsPerMs = 1e6;
const durationNsMax = 2 ** 63;

export type DurationRead =
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "refused"; readonly message: string };

/** Milliseconds, perhaps a fraction of one. The refusals are Go's. */
export function parseDuration(text: string): DurationRead {
  const invalid: DurationRead = { kind: "refused", message: `time: invalid duration ${inTimeQuotes(text)}` };
  const sign = /^[-+]/.test(text) ? text.charAt(0) : "";
  const body = text.slice(sign.length);
  if (body === "0") return { kind: "duration", ms: 0 };
  if (body === "") return invalid;
  let ns = 0;
  for (let rest = body; rest !== ""; ) {
    const amount = /^([0-9]*)(\.[0-9]*)?/.exec(rest)![0];
    if (!/[0-9]/.test(amount)) return invalid;
    rest = rest.slice(amount.length);
    const unit = /^[^.0-9]*/.exec(rest)![0];
    if (unit === "") {
      return { kind: "refused", message: `time: missing unit in duration ${inTimeQuotes(text)}` };
    }
    const scale = unitNs.get(unit);
    if (scale === undefined) {
      return {
        kind: "refused",
        message: `time: unknown unit ${inTimeQuotes(unit)} in duration ${inTimeQuotes(text)}`,
      };
    }
    rest = rest.slice(unit.length);
    ns += Math.floor(Number(amount) * scale);
    if (ns > durationNsMax || (ns === durationNsMax && sign !== "-")) return invalid;
  }
  return { kind: "duration", ms: (sign === "-" ? -ns : ns) / nsPerMs };
}

/** Go's time package quotes in its own way: all but plain ASCII as bytes. */
function inTimeQuotes(text: string): string {
  const escaped = bytesOf(text).replace(/["\\]|[^\x20-\x7f]/g, (found) => {
    const hex = found.charCodeAt(0).toString(16).padStart(2, "0");
    return found === '"' || found === "\\" ? `\\${found}` : `\\x${hex}`;
  });
  return `"${escaped}"`;
}
