// Builds the tree out of the items of a configuration file, following includes and variables.
// Keys and contexts are two stacks that are not tied together, as in nats-server: a key that got no value is left for
// the next value to take. [nats-server conf/parse.go]
import { posix } from "node:path";
import { assert } from "../../base/assert.ts";
import type { Item } from "./cursor.ts";
import { Lexer } from "./lex.ts";
import { type Outside, readFailure } from "./outside.ts";
import { bytesOf } from "./rune.ts";
import { isDateTime, parseFloat64, parseInteger } from "./scalar.ts";
import { Entry, Moment, type Place, type Tree, type Value } from "./tree.ts";

/** nats-server has none of these limits; beyond them it would eat all memory or overflow its stack. */
export const fileBytesMax = 16 * 1024 * 1024;
export const includeDepthMax = 32;
export const includedFilesMax = 1_000;
export const nestingMax = 1_000;

export type Parsed =
  | { readonly kind: "parsed"; readonly tree: Tree }
  | { readonly kind: "refused"; readonly message: string };

/** Reads and parses a file. The messages are nats-server's, without its `nats-server: ` in front. */
export function parseFile(path: string, outside: Outside): Parsed {
  return parseFileWithin(path, { outside, depth: 0, files: { count: 0 } });
}

/** Parses a text; `file` is only how errors and includes call it. */
export function parseText(text: string, file: string, outside: Outside): Parsed {
  return new Parser(bytesOf(text), file, { outside, depth: 0, files: { count: 0 } }, new Set()).parse();
}

/** What the files of one configuration share. */
interface Session {
  readonly outside: Outside;
  readonly depth: number;
  readonly files: { count: number };
}

function parseFileWithin(path: string, session: Session): Parsed {
  const read = session.outside.readFile(path);
  if (read.kind === "failed") return { kind: "refused", message: readFailure(path, read.code) };
  if (read.bytes.length > fileBytesMax) {
    return { kind: "refused", message: `${path}: configuration file is larger than ${fileBytesMax} bytes` };
  }
  const bytes = Buffer.from(read.bytes.buffer, read.bytes.byteOffset, read.bytes.length).toString("latin1");
  return new Parser(bytes, path, session, new Set()).parse();
}

type Context = Map<string, Entry> | Entry[];

/** The key that an environment variable's text is parsed under. */
const environmentKey = "pk";

class Parser {
  readonly #lexer: Lexer;
  readonly #file: string;
  readonly #session: Session;
  readonly #root = new Map<string, Entry>();
  readonly #contexts: Context[] = [this.#root];
  readonly #keys: { readonly name: string; readonly line: number; readonly column: number }[] = [];
  /** Environment variables that are being expanded, to find one that names itself. */
  readonly #expanding: Set<string>;
  /** Where the variable stands whose value this is: what it holds has no place of its own. */
  readonly #variableAt: Place | undefined;

  constructor(bytes: string, file: string, session: Session, expanding: Set<string>, variableAt?: Place) {
    this.#lexer = new Lexer(bytes);
    this.#file = file;
    this.#session = session;
    this.#expanding = expanding;
    this.#variableAt = variableAt;
  }

  parse(): Parsed {
    for (let previous: Item | undefined; ; ) {
      const item = this.#lexer.next();
      if (item.kind === "end") {
        // A last key is allowed to be "}", which is how the end of a JSON text may look.
        if (previous?.kind !== "key" || previous.text === "}") return { kind: "parsed", tree: this.#root };
        const message = `config is invalid (${this.#file}:${item.line}:${item.column})`;
        return { kind: "refused", message };
      }
      previous = item;
      const mistake = this.#process(item);
      if (mistake !== undefined) return { kind: "refused", message: mistake };
    }
  }

  /** Answers what is wrong with the item. */
  #process(item: Item): string | undefined {
    switch (item.kind) {
      case "error":
        return `Parse error on line ${item.line}: '${item.text}'`;
      case "key":
        this.#keys.push({ name: item.text, line: item.line, column: item.column });
        return undefined;
      case "map-start":
        return this.#open(new Map());
      case "list-start":
        return this.#open([]);
      case "map-end":
      case "list-end":
        return this.#close(item);
      case "text":
        return this.#set(item, item.text);
      case "boolean":
        return this.#set(item, ["true", "yes", "on"].includes(item.text.toLowerCase()));
      case "integer":
        return this.#number(item, parseInteger(item.text));
      case "float":
        return this.#number(item, parseFloat64(item.text));
      case "date":
        if (isDateTime(item.text)) return this.#set(item, new Moment(item.text));
        return `expected Zulu formatted DateTime, but got '${item.text}'`;
      case "variable":
        return this.#variable(item);
      case "include":
        return this.#include(item);
    }
  }

  #open(context: Context): string | undefined {
    if (this.#contexts.length >= nestingMax) return `values are nested deeper than ${nestingMax}`;
    this.#contexts.push(context);
    return undefined;
  }

  #close(item: Item): string | undefined {
    const context = this.#contexts.pop();
    assert(context !== undefined && this.#contexts.length > 0, "the lexer closes only what it opened");
    return this.#set(item, context);
  }

  #number(
    item: Item,
    read: ReturnType<typeof parseInteger> | ReturnType<typeof parseFloat64>,
  ): string | undefined {
    if (read.kind === "number") return this.#set(item, read.value);
    return read.kind === "refused" ? read.message : undefined;
  }

  #set(item: Item, value: Value): string | undefined {
    return this.#place(new Entry(value, this.#placeOf(item)));
  }

  /** Puts the entry into the list or under the latest key of the map that is open. */
  #place(entry: Entry): string | undefined {
    const context = this.#contexts.at(-1);
    assert(context !== undefined, "the outermost map stays open");
    if (Array.isArray(context)) {
      context.push(entry);
      return undefined;
    }
    const key = this.#keys.pop();
    if (key === undefined) return "BUG in parser, keys stack empty";
    context.set(key.name, new Entry(entry.value, this.#placeOf(key)));
    return undefined;
  }

  #placeOf({ line, column }: { readonly line: number; readonly column: number }): Place {
    return this.#variableAt === undefined
      ? { file: this.#file, line, column }
      : { ...this.#variableAt, borrowed: true };
  }

  #variable(item: Item): string | undefined {
    const refusal = (why: string): string =>
      `variable reference for '${item.text}' on line ${item.line} ${why}`;
    // A bcrypt hash may stand without quotes.
    if (item.text.startsWith("2a$")) return this.#set(item, `$${item.text}`);
    for (const context of this.#contexts.toReversed()) {
      const found = Array.isArray(context) ? undefined : context.get(item.text);
      if (found === undefined) continue;
      found.markReferenced();
      return this.#set(item, found.value);
    }
    if (this.#expanding.has(item.text)) {
      return refusal(`could not be parsed: variable reference cycle for '${item.text}'`);
    }
    const text = this.#session.outside.env(item.text);
    if (text === undefined) return refusal("can not be found");
    this.#expanding.add(item.text);
    const source = bytesOf(`${environmentKey}=${text}`);
    const parsed = new Parser(source, "", this.#session, this.#expanding, this.#placeOf(item)).parse();
    this.#expanding.delete(item.text);
    if (parsed.kind === "refused") return refusal(`could not be parsed: ${parsed.message}`);
    const value = parsed.tree.get(environmentKey);
    return value === undefined ? refusal("can not be found") : this.#set(item, value.value);
  }

  #include(item: Item): string | undefined {
    const { outside, depth, files } = this.#session;
    const refusal = (why: string): string => `error parsing include file '${item.text}', ${why}`;
    if (depth >= includeDepthMax) return refusal(`includes are nested deeper than ${includeDepthMax}`);
    if (++files.count > includedFilesMax) return refusal(`more than ${includedFilesMax} files are included`);
    const path = posix.join(posix.dirname(this.#file), item.text).replace(/(?<=.)\/$/, "");
    const parsed = parseFileWithin(path, { outside, depth: depth + 1, files });
    if (parsed.kind === "refused") return refusal(parsed.message);
    const context = this.#contexts.at(-1);
    assert(context instanceof Map, "the lexer finds includes in maps only");
    for (const [key, entry] of parsed.tree) context.set(key, entry);
    return undefined;
  }
}
