// Numbers and dates as they stand in a configuration text. [nats-server conf/parse.go processItem]

export type Read<T> =
  | { readonly kind: "number"; readonly value: T }
  /** A number with an ending that is none: nats-server drops it without a word. */
  | { readonly kind: "dropped" }
  | { readonly kind: "refused"; readonly message: string };

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);
const powers = ["k", "m", "g", "t", "p", "e"];

/** An integer, perhaps with a size after it: `k` is 1000, `kb`, `ki` and `kib` are 1024. Overflow wraps, as in Go. */
export function parseInteger(text: string): Read<bigint> {
  const digits = /^[-\p{Nd}]*/u.exec(text)![0];
  if (!/^-?[0-9]+$/.test(digits)) return { kind: "refused", message: `expected integer, but got '${text}'` };
  // Twenty characters hold every int64: nobody converts a megabyte of digits.
  const significant = digits.replace(/^(-?)0+(?=[0-9])/, "$1");
  const value = significant.length > 20 ? int64Max + 1n : BigInt(significant);
  if (value > int64Max || value < int64Min) {
    return { kind: "refused", message: `integer '${text}' is out of the range` };
  }
  const size = sizeOf(text.slice(digits.length).trim().toLowerCase());
  if (size === undefined) return { kind: "dropped" };
  return { kind: "number", value: BigInt.asIntN(64, value * size) };
}

function sizeOf(suffix: string): bigint | undefined {
  if (suffix === "") return 1n;
  const power = BigInt(powers.indexOf(suffix.charAt(0)) + 1);
  if (power === 0n) return undefined;
  const tail = suffix.slice(1);
  if (tail === "") return 1000n ** power;
  return ["b", "i", "ib"].includes(tail) ? 1024n ** power : undefined;
}

export function parseFloat64(text: string): Read<number> {
  if (!/^-?[0-9]+\.[0-9]+$/.test(text))
    return { kind: "refused", message: `expected float, but got '${text}'` };
  const value = Number(text);
  if (Number.isFinite(value)) return { kind: "number", value };
  return { kind: "refused", message: `float '${text}' is out of the range` };
}

/** True for `2006-01-02T15:04:05Z` naming a day and a time that exist. */
export function isDateTime(text: string): boolean {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/.exec(text);
  if (parts === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60;
}
