// Finds and changes single headers in a header block without reading the whole of it, byte for byte as nats-server
// does; what it overlooks is overlooked here too [nats-server client.go getHeaderKeyIndex, sliceHeader, setHeader].

/*  NATS/1.0[ code[ description]] CRLF | name: value CRLF … | CRLF
 *  Names are case-sensitive and may repeat. Names and values are wire text.                              */

import { trimBlanks } from "./text.ts";

export const headerLine = "NATS/1.0\r\n";
const emptyBlockBytes = "NATS/1.0\r\n\r\n".length;

const cr = 0x0d;
const lf = 0x0a;
const colon = 0x3a;
const blank = 0x20;

/** Where the first header of that name starts, -1 if there is none. */
export function findHeader(block: Buffer, name: string): number {
  return findFrom(block, name, 0);
}

function findFrom(block: Buffer, name: string, from: number): number {
  const nameBytes = name.length;
  for (;;) {
    const at = block.indexOf(name, from, "latin1");
    // nats-server gives up, too, when the name stands less than two bytes behind where this search began.
    if (at < 0 || at - from < 2) return -1;
    const lineStart = at < block.length - 1 && block[at - 1] === lf && block[at - 2] === cr;
    if (lineStart && at + nameBytes >= block.length) return -1;
    if (lineStart && block[at + nameBytes] === colon) return at;
    from = at + nameBytes;
  }
}

/** The value of the first header of that name as wire text; undefined if there is none. */
export function getHeader(block: Buffer, name: string): string | undefined {
  const at = findHeader(block, name);
  if (at < 0) return undefined;
  const start = valueStart(block, at + name.length + 1);
  return block.toString("latin1", start, valueEnd(block, start));
}

/** The same as a view of the block: valid as long as the block is. */
export function sliceHeader(block: Buffer, name: string): Buffer | undefined {
  const at = findHeader(block, name);
  if (at < 0) return undefined;
  const start = valueStart(block, at + name.length + 1);
  return block.subarray(start, valueEnd(block, start));
}

/** All values of that name, in order; there are never more than the block has lines. */
export function getHeaders(block: Buffer, name: string): string[] {
  const values: string[] = [];
  let rest = block;
  for (;;) {
    const at = findHeader(rest, name);
    if (at < 0) return values;
    const start = valueStart(rest, at + name.length + 1);
    const end = valueEnd(rest, start);
    values.push(rest.toString("latin1", start, end));
    // The line's end stays in front of what is left, because a header is known by it.
    rest = rest.subarray(end);
  }
}

/**
 * A block with one more header at its end; without a block, a new one. As Go's http.Header writes it: an impossible
 * name adds nothing, line ends in the value become blanks and blanks around it go [nats-server client.go genHeader].
 */
export function appendHeader(block: Buffer | undefined, name: string, value: string): Buffer {
  const before =
    block !== undefined && block.length > 2 ? block.toString("latin1", 0, block.length - 2) : headerLine;
  const line = isFieldName(name) ? `${name}: ${trimBlanks(value.replace(/[\r\n]/g, " "))}\r\n` : "";
  return Buffer.from(`${before}${line}\r\n`, "latin1");
}

/** A block in which the first header of that name has this value, or that has it at its end. Never in place. */
export function setHeader(block: Buffer, name: string, value: string): Buffer {
  const at = findHeader(block, name);
  if (at < 0) {
    const whole = block.length >= 2 && block[block.length - 2] === cr && block[block.length - 1] === lf;
    const before = block.toString("latin1", 0, whole ? block.length - 2 : block.length);
    return Buffer.from(`${before}${name}: ${value}\r\n${whole ? "\r\n" : ""}`, "latin1");
  }
  let start = at + name.length + 1;
  if (block[start] === blank) start++;
  const end = block.indexOf(cr, start);
  if (end < 0) return block;
  return Buffer.concat([block.subarray(0, start), Buffer.from(value, "latin1"), block.subarray(end)]);
}

/**
 * The block without any header of that name: the same block if it has none, undefined if nothing remains but the
 * version [nats-server client.go removeHeaderIfPresent].
 */
export function removeHeader(block: Buffer, name: string): Buffer | undefined {
  const pruning = new Pruning(block);
  // Two bytes back stands the line end by which the next header is known.
  for (let at = findFrom(block, name, 0); at >= 0; at = findFrom(block, name, pruning.next - 2)) {
    const end = endOfLine(block, at);
    if (end < 0) break;
    if (pruning.cut(at, end + 2) <= emptyBlockBytes) return undefined;
  }
  return pruning.result();
}

/** The block without the headers whose name starts so [nats-server client.go removeHeaderIfPrefixPresent]. */
export function removeHeadersByPrefix(block: Buffer, prefix: string): Buffer | undefined {
  const pruning = new Pruning(block);
  for (let from = 0; ; ) {
    const at = block.indexOf(prefix, from, "latin1");
    if (at < 0) return pruning.result();
    if (at < 1 || block[at - 1] !== lf) {
      from = at + prefix.length;
      continue;
    }
    const end = endOfLine(block, at + prefix.length);
    if (end < 0) return pruning.result();
    if (pruning.cut(at, end + 2) <= emptyBlockBytes) return undefined;
    from = end + 2;
  }
}

/** A copy of a block with pieces cut out, front to back, in one pass: a block may hold a hundred thousand of them. */
class Pruning {
  /** Where the last piece that was cut ends. */
  next = 0;
  readonly #block: Buffer;
  #kept: Buffer | undefined = undefined;
  #length = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  /** Cuts [start, end) and answers how many bytes remain in all. */
  cut(start: number, end: number): number {
    this.#kept ??= Buffer.allocUnsafe(this.#block.length);
    this.#length += this.#block.copy(this.#kept, this.#length, this.next, start);
    this.next = end;
    return this.#length + this.#block.length - end;
  }

  result(): Buffer {
    if (this.#kept === undefined) return this.#block;
    const end = this.#length + this.#block.copy(this.#kept, this.#length, this.next);
    return this.#kept.subarray(0, end);
  }
}

/** The block without status code and description; undefined if nothing remains [removeHeaderStatusIfPresent]. */
export function removeStatus(block: Buffer): Buffer | undefined {
  const version = "NATS/1.0";
  const end = block.indexOf(cr);
  if (end <= version.length || block.toString("latin1", 0, version.length) !== version) return block;
  const bare = Buffer.concat([block.subarray(0, version.length), block.subarray(end)]);
  return bare.length === emptyBlockBytes ? undefined : bare;
}

function endOfLine(block: Buffer, from: number): number {
  return block.indexOf("\r\n", from, "latin1");
}

function valueStart(block: Buffer, at: number): number {
  while (at < block.length && block[at] === blank) at++;
  return Math.min(at, block.length);
}

function valueEnd(block: Buffer, start: number): number {
  const end = endOfLine(block, start);
  return end < 0 ? block.length : end;
}

/** A token as HTTP defines it. */
function isFieldName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}
