// A header block read as a whole, or written: status, then names and values in order. For whoever needs more of it than
// a header or two.

import { headerLine } from "./headers.ts";
import { trimBlanks } from "./text.ts";

/** Lines beyond this are refused: a block of a megabyte must not become half a million objects. */
export const headerLinesMax = 4096;

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** Wire text throughout. */
export interface HeaderBlock {
  /** The number behind the version, 0 if there is none. */
  readonly code: number;
  readonly description: string;
  /** Duplicates stay, case stays, order stays. */
  readonly headers: readonly Header[];
}

/**
 * Reads a block; undefined for what is none: another version, no blank line at the end, a line without colon or with
 * an empty name, a code that is no number, too many lines. A line that starts with a blank goes on with the value of
 * the line before it, behind one blank [go net/textproto readContinuedLineSlice].
 */
export function readHeaderBlock(block: Buffer): HeaderBlock | undefined {
  const text = block.toString("latin1");
  if (!text.startsWith("NATS/1.0") || !text.endsWith("\r\n")) return undefined;
  const first = text.indexOf("\r\n");
  const status = readStatus(text.slice("NATS/1.0".length, first));
  if (status === undefined) return undefined;

  const headers: { name: string; value: string }[] = [];
  let at = first + 2;
  while (at < text.length) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const line = text.slice(at, end);
    at = end + 2;
    if (line === "") return at === text.length ? { ...status, headers } : undefined;
    if (headers.length === headerLinesMax || !readLine(line, headers)) return undefined;
  }
  return undefined;
}

/** Answers whether the line makes sense. */
function readLine(line: string, headers: { name: string; value: string }[]): boolean {
  if (line[0] === " " || line[0] === "\t") {
    const last = headers.at(-1);
    if (last === undefined) return false;
    last.value = `${last.value} ${trimBlanks(line)}`;
    return true;
  }
  const colon = line.indexOf(":");
  if (colon < 1) return false;
  headers.push({ name: line.slice(0, colon), value: trimBlanks(line.slice(colon + 1)) });
  return true;
}

function readStatus(text: string): { code: number; description: string } | undefined {
  if (text === "") return { code: 0, description: "" };
  if (text[0] !== " " && text[0] !== "\t") return undefined;
  const status = trimBlanks(text);
  if (status === "") return { code: 0, description: "" };
  const digits = status.slice(0, 3);
  if (!/^[0-9]{3}$/.test(digits) || !/^( |$)/.test(status.slice(3))) return undefined;
  return { code: Number(digits), description: trimBlanks(status.slice(3)) };
}

/**
 * Writes a block. The caller vouches for the names; line ends in a value become blanks, so that no value can forge
 * another header.
 */
export function writeHeaderBlock(headers: readonly Header[], code = 0, description = ""): Buffer {
  const status = code === 0 ? "" : ` ${code}${description === "" ? "" : ` ${description}`}`;
  let text = status === "" ? headerLine : `NATS/1.0${oneLine(status)}\r\n`;
  for (const { name, value } of headers) text += `${name}: ${oneLine(value)}\r\n`;
  return Buffer.from(`${text}\r\n`, "latin1");
}

function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, " ") : text;
}
