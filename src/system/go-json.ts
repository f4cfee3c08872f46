// JSON text as Go's encoding/json writes it, and whole numbers beyond 2^53 in it.

import { escapedAsGo } from "../base/go-json.ts";

/** What JSON.stringify writes as it is, without going through a number. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/** `indent` is what one level is moved in by; "" puts everything on one line. Members that are undefined are left out. */
export function goJson(value: unknown, indent = ""): string {
  return escapedAsGo(JSON.stringify(value, null, indent));
}

/** A whole number of 64 bits, with all of its digits. */
export function goInteger(value: bigint): number | object {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}

/** Members by name, as Go writes a map. Null-prototype: names may come from anywhere. */
export function goMap<V>(entries: Iterable<readonly [string, V]>): Readonly<Record<string, V>> {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const map = Object.create(null) as Record<string, V>;
  for (const [name, value] of sorted) map[name] = value;
  return map;
}

/** Leaves out what Go's omitempty leaves out. */
export function sparse(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
