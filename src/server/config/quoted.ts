// Text in quotes as Go's %q writes it, for errors that must read as nats-server's.
import { bytesOf, runeAt, textOf } from "./rune.ts";
import { shownValue, type Value } from "./tree.ts";

const short = new Map([
  [7, "\\a"],
  [8, "\\b"],
  [9, "\\t"],
  [10, "\\n"],
  [11, "\\v"],
  [12, "\\f"],
  [13, "\\r"],
  [34, '\\"'],
  [92, "\\\\"],
]);

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
  let out = '"';
  for (let at = 0; at < bytes.length; ) {
    const { code, width } = runeAt(bytes, at);
    const alone = bytes.slice(at, at + width);
    out += width === 1 && code > 0x7f ? hexEscape(bytes.charCodeAt(at)) : escaped(code, textOf(alone));
    at += width;
  }
  return `${out}"`;
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function escaped(code: number, character: string): string {
  const known = short.get(code);
  if (known !== undefined) return known;
  if (code < 0x20 || code === 0x7f) return hexEscape(code);
  if (code === 0x20 || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A list of texts, each in quotes: `["a" "b"]`. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(" ")}]`;
}
