// Quotes wire text for a message as Go's %q does, so that what a peer named comes back in one printable piece.

const hexDigits = "0123456789abcdef";
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

const shortEscapes = new Map<number, string>([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/** Wire text in, wire text out: printable UTF-8 stays, the rest becomes `\n`, `\x00`, `\u00a0` [go strconv.Quote]. */
export function quote(wireText: string): string {
  if (/^[ !#-[\]-~]*$/.test(wireText)) return `"${wireText}"`;

  const bytes = Buffer.from(wireText, "latin1");
  let quoted = '"';
  for (let at = 0; at < bytes.length; ) {
    const length = runeLength(bytes, at);
    quoted += length === 0 ? hex(bytes[at]!) : quotedRune(bytes, at, length);
    at += Math.max(1, length);
  }
  return quoted + '"';
}

function quotedRune(bytes: Buffer, at: number, length: number): string {
  const text = bytes.toString("utf8", at, at + length);
  const rune = text.codePointAt(0)!;
  const short = shortEscapes.get(rune);
  if (short !== undefined) return short;
  if (rune === 0x20 || printable.test(text)) return bytes.toString("latin1", at, at + length);
  if (rune < 0x80) return hex(rune);
  return rune < 0x10000
    ? `\\u${rune.toString(16).padStart(4, "0")}`
    : `\\U${rune.toString(16).padStart(8, "0")}`;
}

function hex(byte: number): string {
  return `\\x${hexDigits[byte >> 4]}${hexDigits[byte & 15]}`;
}

/** Bytes of the UTF-8 sequence that starts at `at`; 0 when there is none. */
export function runeLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1];
  if (second === undefined || second < lowestSecond(first) || second > highestSecond(first)) return 0;
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i];
    if (next === undefined || next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

// No overlong forms, no surrogates, nothing above U+10FFFF.
function lowestSecond(first: number): number {
  return first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(first: number): number {
  return first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
}
