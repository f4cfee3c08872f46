// Cuts a configuration text into items: keys, values, brackets, variables, includes, one error at most.
// Every quirk of nats-server's lexer that changes whether a file is accepted, or which line an error names, is kept.
// [nats-server conf/lex.go]
import { assert } from "../../base/assert.ts";
import { Cursor, code, type Item, isOneOf } from "./cursor.ts";
import { lexValue } from "./lex-value.ts";
import { endCode, isBlank, isDigit, isLineEnd, isSpace, shown } from "./rune.ts";

/** Where the lexer stands between two items. `…-end` states wait for what may follow a value. */
type State =
  | "top"
  | "top-end"
  | "block"
  | "block-value-end"
  | "block-end"
  | "map"
  | "map-end"
  | "list"
  | "list-end";

const hash = code("#");
const slash = code("/");
const comma = code(",");
const semicolon = code(";");
const mapOpen = code("{");
const mapClose = code("}");
const listOpen = code("[");
const listClose = code("]");
const blockOpen = code("(");
const single = code("'");
const double = code('"');
const backslash = code("\\");
const minus = code("-");

const isSeparator = (r: number): boolean => r === code("=") || r === code(":");

export class Lexer {
  readonly #cursor: Cursor;
  readonly #stack: State[] = [];
  #state: State = "top";

  /** @param bytes the text, one character per byte. */
  constructor(bytes: string) {
    this.#cursor = new Cursor(bytes);
  }

  /** The next item. After "end" or "error" there is none to ask for. */
  next(): Item {
    for (;;) {
      const item = this.#cursor.take();
      if (item !== undefined) return item;
      assert(!this.#cursor.finished, "nobody reads past the end of a configuration");
      this.#step();
    }
  }

  #step() {
    switch (this.#state) {
      case "top":
        return this.#top();
      case "top-end":
        return this.#topEnd();
      case "block":
        return this.#block();
      case "block-value-end":
        return this.#blockValueEnd();
      case "block-end":
        return this.#blockEnd();
      case "map":
        return this.#map();
      case "map-end":
        return this.#mapEnd();
      case "list":
        return this.#list();
      case "list-end":
        return this.#listEnd();
    }
  }

  /** Back to what the value just read stands in. */
  #return() {
    const state = this.#stack.pop();
    if (state === undefined) return this.#cursor.fail("BUG in lexer: no states to pop.");
    this.#state = state;
  }

  // --- between items ------------------------------------------------------------------------------------------

  /** After `#`, or after `/`: reads a comment up to its line end, then stands in `after`. False if it is none. */
  #comment(r: number, after: State): boolean {
    if (r !== hash) {
      if (r !== slash) return false;
      if (this.#cursor.read() !== slash) {
        this.#cursor.unread();
        return false;
      }
    }
    this.#cursor.skipLine();
    this.#state = after;
    return true;
  }

  #top() {
    const r = this.#cursor.read();
    if (isSpace(r)) return this.#cursor.skip();
    if (r === mapOpen) {
      this.#stack.push("top");
      this.#state = "block";
      return this.#cursor.skip();
    }
    if (this.#comment(r, "top")) return;
    if (r === endCode || r === slash) return this.#cursor.end();
    this.#cursor.unread();
    this.#stack.push("top-end");
    this.#key();
  }

  #topEnd() {
    const r = this.#cursor.read();
    if (this.#comment(r, "top") || r === slash || isBlank(r)) return;
    if (isLineEnd(r) || isOneOf(r, endCode, semicolon, comma, mapClose)) {
      this.#state = "top";
      return this.#cursor.skip();
    }
    this.#cursor.fail(
      `Expected a top-level value to end with a new line, comment or EOF, but got '${shown(r)}' instead.`,
    );
  }

  /** Inside the outer braces of a text that is written as one map (JSON). */
  #block() {
    const r = this.#cursor.read();
    if (isSpace(r)) return this.#cursor.skip();
    if (r === mapOpen) {
      this.#stack.push("block-end");
      return this.#cursor.skip();
    }
    if (r === mapClose) {
      this.#cursor.skip();
      return this.#return();
    }
    if (this.#comment(r, "block")) return;
    if (r === endCode || r === slash) return this.#cursor.end();
    this.#cursor.unread();
    this.#stack.push("block-value-end");
    this.#key();
  }

  #blockValueEnd() {
    const r = this.#cursor.read();
    if (this.#comment(r, "block-value-end") || r === slash || isBlank(r)) return;
    if (isLineEnd(r) || isOneOf(r, semicolon, comma)) {
      this.#state = "block";
      return this.#cursor.skip();
    }
    if (r === mapClose) {
      this.#state = "block-end";
      return this.#cursor.unread();
    }
    this.#cursor.fail(
      `Expected a block-level value to end with a new line, comment or EOF, but got '${shown(r)}' instead.`,
    );
  }

  #blockEnd() {
    const r = this.#cursor.read();
    if (this.#comment(r, "block") || r === slash || isLineEnd(r) || isBlank(r)) return;
    if (isOneOf(r, semicolon, comma)) {
      this.#state = "block";
      return this.#cursor.skip();
    }
    if (r === mapClose) {
      this.#cursor.skip();
      return this.#return();
    }
    this.#cursor.fail(`Expected a block-level to end with a '}', but got '${shown(r)}' instead.`);
  }

  #list() {
    const r = this.#cursor.read();
    if (isSpace(r)) return this.#cursor.skip();
    if (this.#comment(r, "list")) return;
    if (r === slash || r === comma) return this.#cursor.fail("Unexpected array value terminator ','.");
    if (r === listClose) return this.#close("list-end");
    this.#cursor.unread();
    this.#stack.push("list-end");
    this.#value();
  }

  #listEnd() {
    const r = this.#cursor.read();
    if (isBlank(r)) return this.#cursor.skip();
    if (this.#comment(r, "list-end")) return;
    if (r === slash || r === comma || isLineEnd(r)) {
      this.#state = "list";
      return this.#cursor.skip();
    }
    if (r === listClose) return this.#close("list-end");
    this.#cursor.fail(
      `Expected an array value terminator "," or an array terminator "]", but got '${shown(r)}' instead.`,
    );
  }

  #close(kind: "list-end" | "map-end") {
    this.#cursor.skip();
    this.#cursor.emit(kind);
    this.#return();
  }

  #map() {
    const r = this.#cursor.peek();
    if (isSeparator(r)) return this.#cursor.fail(`Unexpected key separator '${shown(r)}'.`);
    if (r === listClose) return this.#cursor.fail("Unexpected array end ']' processing map.");
    if (r === endCode) return this.#cursor.fail("Unexpected EOF processing map.");
    if (isSpace(r)) {
      this.#cursor.read();
      return this.#cursor.skip();
    }
    if (r === mapClose) {
      this.#cursor.read();
      return this.#close("map-end");
    }
    if (r === hash || r === slash) {
      this.#cursor.read();
      if (this.#comment(r, "map")) return;
    }
    this.#mapKey(r);
  }

  #mapEnd() {
    const r = this.#cursor.read();
    if (isBlank(r)) return this.#cursor.skip();
    if (this.#comment(r, "map-end")) return;
    if (r === slash || isOneOf(r, semicolon, comma) || isLineEnd(r)) {
      this.#state = "map";
      return this.#cursor.skip();
    }
    if (r === mapClose) return this.#close("map-end");
    this.#cursor.fail(
      `Expected a map value terminator "," or a map terminator "}", but got '${shown(r)}' instead.`,
    );
  }

  // --- keys ---------------------------------------------------------------------------------------------------

  /** A key at the top or in the outer block. */
  #key() {
    let r = this.#cursor.peek();
    while (isSpace(r)) {
      this.#cursor.read();
      this.#cursor.skip();
      r = this.#cursor.peek();
    }
    if (isSeparator(r)) return this.#cursor.fail(`Unexpected key separator '${shown(r)}'`);
    if (r === double || r === single) {
      if (!this.#quotedKey(r)) return this.#cursor.end();
    } else {
      this.#bareKey();
      if (isSpace(this.#cursor.peek()) && this.#isInclude()) return this.#include();
      this.#cursor.emit("key");
    }
    for (r = this.#cursor.read(); isSpace(r); r = this.#cursor.read()) this.#cursor.skip();
    if (r === endCode) return this.#cursor.emit("end");
    if (isSeparator(r)) this.#cursor.skip();
    else this.#cursor.unread();
    this.#value();
  }

  #mapKey(first: number) {
    if (first === double || first === single) {
      const name = first === double ? "double quoted" : "quoted";
      if (!this.#quotedKey(first)) return this.#cursor.fail(`Unexpected EOF processing ${name} map key.`);
    } else {
      this.#bareKey();
      const r = this.#cursor.peek();
      if (r === endCode) return this.#cursor.fail("Unexpected EOF processing map key.");
      if (isSpace(r) && this.#isInclude()) {
        this.#stack.push("map-end");
        return this.#include();
      }
      this.#cursor.emit("key");
    }
    this.#mapValue();
  }

  #mapValue() {
    let r = this.#cursor.read();
    for (; isSpace(r); r = this.#cursor.read()) this.#cursor.skip();
    if (isSeparator(r)) {
      this.#cursor.skip();
      for (r = this.#cursor.read(); isSpace(r); r = this.#cursor.read()) this.#cursor.skip();
    }
    if (r === comma) return this.#cursor.fail('Unexpected map value terminator ",".');
    if (r === mapClose) return this.#close("map-end");
    this.#cursor.unread();
    this.#stack.push("map-end");
    this.#value();
  }

  /** Reads up to what ends a key: white space, a separator, or the end of the text. */
  #bareKey() {
    this.#cursor.skip();
    this.#cursor.read();
    for (
      let r = this.#cursor.peek();
      !isSpace(r) && !isSeparator(r) && r !== endCode;
      r = this.#cursor.peek()
    )
      this.#cursor.read();
  }

  /** Emits the key between two quotes; false if the text ends first. */
  #quotedKey(quote: number): boolean {
    this.#cursor.read();
    this.#cursor.skip();
    for (let r = this.#cursor.peek(); r !== quote; r = this.#cursor.peek()) {
      if (r === endCode) return false;
      this.#cursor.read();
    }
    this.#cursor.emit("key");
    this.#cursor.read();
    this.#cursor.skip();
    return true;
  }

  #isInclude(): boolean {
    if (this.#cursor.pending.toLowerCase() !== "include") return false;
    this.#cursor.skip();
    return true;
  }

  #include() {
    let r = this.#cursor.read();
    for (; isBlank(r); r = this.#cursor.read()) this.#cursor.skip();
    if (r === single || r === double) {
      this.#cursor.skip();
      const name = r === double ? "double quoted" : "quoted";
      if (!this.#cursor.emitUntilQuote("include", r))
        return this.#cursor.fail(`Unexpected EOF in ${name} include`);
      return this.#return();
    }
    const found = includeMistake(r);
    if (found !== undefined) return this.#cursor.fail(`Expected include value but found ${found}`);
    this.#cursor.unread();
    for (r = this.#cursor.read(); ; r = this.#cursor.read()) {
      if (r === single) {
        this.#cursor.emitBeforeQuote("include");
        return this.#return();
      }
      if (isLineEnd(r) || isBlank(r) || isOneOf(r, endCode, semicolon, mapClose)) break;
    }
    this.#cursor.unread();
    this.#cursor.emit("include");
    this.#return();
  }

  #value() {
    const opened = lexValue(this.#cursor);
    if (opened !== undefined) this.#state = opened;
    else if (!this.#cursor.finished) this.#return();
  }
}

function includeMistake(r: number): string | undefined {
  if (r === listOpen) return "start of an array";
  if (r === mapOpen) return "start of a map";
  if (r === blockOpen) return "start of a block";
  if (isDigit(r) || r === minus) return "start of a number";
  if (r === backslash) return "escape sequence";
  return isLineEnd(r) ? "new line" : undefined;
}
