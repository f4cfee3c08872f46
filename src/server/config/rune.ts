// The characters of a configuration text: how one is read out of UTF-8 bytes and to which classes it belongs.
// Texts are walked as "byte strings" (one JavaScript character per byte, a latin1 view), so that positions are
// byte positions, which is what nats-server's columns count.

/** A character and how many bytes it took. */
export interface Rune {
  readonly code: number;
  readonly width: number;
}

/** What stands at the end of the text, and what a NUL byte is taken for. [nats-server conf/lex.go eof] */
export const endCode = 0;
const replacement = 0xfffd;

/**
 * The code point at `at` of a byte string. Bytes that are no UTF-8 count as one U+FFFD each, as in Go.
 * At or after the end: code 0, width 0.
 */
export function runeAt(bytes: string, at: number): Rune {
  if (at >= bytes.length) return { code: endCode, width: 0 };
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { code: first, width: 1 };
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + width > bytes.length) return { code: replacement, width: 1 };
  let code = first & (0xff >> (width + 1));
  for (let index = 1; index < width; index++) {
    const next = bytes.charCodeAt(at + index);
    if ((next & 0xc0) !== 0x80) return { code: replacement, width: 1 };
    code = (code << 6) | (next & 0x3f);
  }
  const smallest = width === 2 ? 0x80 : width === 3 ? 0x800 : 0x10000;
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest || code > 0x10ffff || surrogate) return { code: replacement, width: 1 };
  return { code, width };
}

/** The text that a byte string spells; bytes that are no UTF-8 become U+FFFD. */
export function textOf(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}

/** The byte string of a text. */
export function bytesOf(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

const spaces = new Set([
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005,
  0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]);

/** Any white space, line ends included. [Go unicode.IsSpace] */
export function isSpace(code: number): boolean {
  return spaces.has(code);
}

/** White space within a line: blank and tab only. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** A decimal digit of any script, as nats-server's lexer takes it; the parser then refuses all but 0-9. */
export function isDigit(code: number): boolean {
  if (code < 0x80) return code >= 0x30 && code <= 0x39;
  return /\p{Nd}/u.test(String.fromCodePoint(code));
}

/** k, m, g, t, p, e in either case: a number that continues with one of these is a size. */
export function isSizeLetter(code: number): boolean {
  return code < 0x80 && "kKmMgGtTpPeE".includes(String.fromCharCode(code));
}

/** How a character is shown in an error: a line feed as `\n`, all else as itself. */
export function shown(code: number): string {
  return code === 0x0a ? "\\n" : String.fromCodePoint(code);
}
