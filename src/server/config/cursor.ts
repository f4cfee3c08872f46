// A reader over the bytes of a configuration text that knows line and column, and gathers the items cut out of it.
// [nats-server conf/lex.go next, backup, emit]
import { endCode, isLineEnd, runeAt, textOf } from "./rune.ts";

export type ItemKind =
  | "error"
  | "end"
  | "key"
  | "text"
  | "boolean"
  | "integer"
  | "float"
  | "date"
  | "list-start"
  | "list-end"
  | "map-start"
  | "map-end"
  | "variable"
  | "include";

/** `line` counts from 1; `column` is nats-server's: from 0 on the first line, from 1 on the others, in bytes. */
export interface Item {
  readonly kind: ItemKind;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** The code of a one-byte character. */
export const code = (character: string): number => character.charCodeAt(0);

export const isOneOf = (r: number, ...codes: readonly number[]): boolean => codes.includes(r);

export class Cursor {
  readonly #input: string;
  readonly #items: Item[] = [];
  #finished = false;
  #start = 0;
  #at = 0;
  #width = 0;
  #line = 1;
  /** Where the line under the reader began, and the line on which the item being read began. */
  #lineStart = 0;
  #itemLineStart = 0;
  /** The pieces of a text with escapes, in bytes. */
  #parts: string[] = [];

  /** @param bytes the text, one character per byte. */
  constructor(bytes: string) {
    this.#input = bytes;
  }

  /** The oldest item that nobody took yet. */
  take(): Item | undefined {
    return this.#items.shift();
  }

  /** True once the end or an error was emitted. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Reads one character; 0 at the end. */
  read(): number {
    if (this.#at < this.#input.length && this.#input.charCodeAt(this.#at) === 0x0a) {
      this.#line++;
      this.#lineStart = this.#at;
    }
    const rune = runeAt(this.#input, this.#at);
    this.#width = rune.width;
    this.#at += rune.width;
    return rune.code;
  }

  /** Steps back by the width of the last character read. */
  unread() {
    this.#at -= this.#width;
    if (this.#at < this.#input.length && this.#input.charCodeAt(this.#at) === 0x0a) this.#line--;
  }

  peek(): number {
    const r = this.read();
    this.unread();
    return r;
  }

  /** Forgets what was read since the last item. */
  skip() {
    this.#start = this.#at;
    this.#itemLineStart = this.#lineStart;
  }

  /** Leaves one character out at the front of the item being read. */
  skipFirst() {
    this.#start++;
  }

  /** The bytes read since the last item, without what escapes put aside. */
  get pending(): string {
    return this.#input.slice(this.#start, this.#at);
  }

  /** The last `count` bytes read. */
  last(count: number): string {
    return this.#input.slice(this.#at - count, this.#at);
  }

  get hasEscapes(): boolean {
    return this.#parts.length > 0;
  }

  /** Puts aside what stands before a backslash that was just read. */
  keepBeforeEscape() {
    this.#parts.push(this.#input.slice(this.#start, this.#at - 1));
  }

  /** Puts `meaning` (bytes) in the place of an escape that was just read. */
  replaceEscape(meaning: string) {
    this.#parts.push(meaning);
    this.#start = this.#at;
  }

  emit(kind: ItemKind) {
    const bytes = this.#parts.join("") + this.pending;
    this.#parts = [];
    const column = this.#at - this.#itemLineStart - bytes.length;
    this.#items.push({ kind, text: textOf(bytes), line: this.#line, column });
    this.skip();
    if (kind === "end") this.#finished = true;
  }

  fail(text: string) {
    this.#items.push({ kind: "error", text, line: this.#line, column: this.#at - this.#lineStart });
    this.#finished = true;
  }

  /** Ends the text, unless something was begun that the end cuts off. */
  end() {
    if (this.#at > this.#start) return this.fail("Unexpected EOF.");
    this.emit("end");
  }

  /** Reads up to, not including, the end of the line, and forgets it. */
  skipLine() {
    this.skip();
    for (let r = this.peek(); !isLineEnd(r) && r !== endCode; r = this.peek()) this.read();
    this.skip();
  }

  /** The closing quote was just read: emits what stands before it. */
  emitBeforeQuote(kind: ItemKind) {
    this.unread();
    this.emit(kind);
    this.read();
    this.skip();
  }

  /** Emits up to a closing quote. False, with nothing emitted, if the text ends first. */
  emitUntilQuote(kind: ItemKind, quote: number): boolean {
    for (let r = this.read(); r !== quote; r = this.read()) if (r === endCode) return false;
    this.emitBeforeQuote(kind);
    return true;
  }
}
