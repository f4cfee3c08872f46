// Text in quotes as Go's %q writes it, for errors that must read as nats-server's.
import { quote } from "../../wire/quote.ts";
import { bytesOf, textOf } from "./rune.ts";
import { shownValue, type Value } from "./tree.ts";

/** As Go's %q writes a value of any type: an integer as the character of that code. */
export function quotedValue(value: Value): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "bigint") return shownValue(value);
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const inner = quoted(valid ? String.fromCodePoint(Number(value)) : "\ufffd").slice(1, -1);
  return `'${inner === '\\"' ? '"' : inner === "'" ? "\\'" : inner}'`;
}

export function quoted(text: string): string {
  return quotedBytes(bytesOf(text));
}

/** The same for a byte string, which may be no UTF-8. */
export function quotedBytes(bytes: string): string {
  return textOf(quote(bytes));
}

/** A list of texts, each in quotes: `["a" "b"]`. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(" ")}]`;
}
