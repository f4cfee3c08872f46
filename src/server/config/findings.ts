// What is found wrong with a configuration while its tree is read, and the readings of single values that find it.
// Reading goes on after a mistake with the value a Go program would have (0, "", false), so that all are reported.
// [nats-server errors.go configErr, configWarningErr, unknownConfigFieldErr]
import { parseDuration } from "./duration.ts";
import { quoted } from "./quoted.ts";
import { type Entry, isList, isTree, type Place, type Tree, typeName } from "./tree.ts";

/** Beyond this many, a file is not looked at by a human any more. */
const findingsMax = 10_000;

export class Findings {
  readonly #errors: string[];
  readonly #warnings: string[];
  /** Where a value of the wrong type is reported, if not at itself. */
  readonly #mistypedAt: Entry | undefined;

  constructor(errors: string[] = [], warnings: string[] = [], mistypedAt?: Entry) {
    this.#errors = errors;
    this.#warnings = warnings;
    this.#mistypedAt = mistypedAt;
  }

  /** The same findings, but values of a wrong type are reported at `entry`, as nats-server does for some blocks. */
  within(entry: Entry): Findings {
    return new Findings(this.#errors, this.#warnings, entry);
  }

  get errors(): readonly string[] {
    return this.#errors;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** An error at an entry, or about the whole. */
  refuse(at: Entry | undefined, reason: string): void {
    this.#add(placed(at, reason));
  }

  /** The key is none that this block has; a key that some variable names is let be. */
  unknown(entry: Entry, key: string): void {
    if (!entry.referenced) this.refuse(entry, `unknown field ${quoted(key)}`);
  }

  warn(at: Entry | undefined, reason: string): void {
    if (this.#warnings.length < findingsMax) this.#warnings.push(placed(at, reason));
  }

  warnUse(entry: Entry, field: string, reason: string): void {
    this.warn(entry, `invalid use of field ${quoted(field)}: ${reason}`);
  }

  text(entry: Entry): string {
    if (typeof entry.value === "string") return entry.value;
    this.#mistyped(entry, "string");
    return "";
  }

  integer(entry: Entry): number {
    if (typeof entry.value === "bigint") return safe(entry.value);
    this.#mistyped(entry, "int64");
    return 0;
  }

  /** An integer that nats-server keeps in 32 bits. */
  integer32(entry: Entry): number {
    if (typeof entry.value === "bigint") return Number(BigInt.asIntN(32, entry.value));
    this.#mistyped(entry, "int64");
    return 0;
  }

  boolean(entry: Entry): boolean {
    if (typeof entry.value === "boolean") return entry.value;
    this.#mistyped(entry, "bool");
    return false;
  }

  list(entry: Entry): readonly Entry[] {
    if (isList(entry.value)) return entry.value;
    this.#mistyped(entry, "[]interface {}");
    return [];
  }

  tree(entry: Entry): Tree {
    if (isTree(entry.value)) return entry.value;
    this.#mistyped(entry, "map[string]interface {}");
    return new Map();
  }

  /** A text in a list or a single one; `field` names it in the error. [opts.go parseStringArray] */
  texts(entry: Entry, field: string): string[] | undefined {
    if (typeof entry.value === "string") return [entry.value];
    if (!isList(entry.value)) {
      this.refuse(entry, `error parsing ${field}: unsupported type ${typeName(entry.value)}`);
      return undefined;
    }
    const texts: string[] = [];
    for (const item of entry.value) {
      if (typeof item.value === "string") texts.push(item.value);
      else this.refuse(item, `error parsing ${field}: unsupported type in array ${typeName(item.value)}`);
    }
    return texts;
  }

  /** Milliseconds. A bare integer is seconds and draws a warning. [opts.go parseDuration] */
  duration(entry: Entry, field: string): number {
    if (typeof entry.value === "string") {
      const read = parseDuration(entry.value);
      if (read.kind === "duration") return read.ms;
      this.refuse(entry, `error parsing ${field}: ${read.message}`);
      return 0;
    }
    this.warnUse(entry, field, `${field} should be converted to a duration`);
    return this.integer(entry) * 1_000;
  }

  /** Milliseconds of a text; `complaint` goes in front of what is wrong with it. */
  durationText(entry: Entry, complaint: string): number | undefined {
    const read = parseDuration(this.text(entry));
    if (read.kind === "duration") return read.ms;
    if (typeof entry.value === "string") this.refuse(entry, complaint + read.message);
    return undefined;
  }

  #mistyped(entry: Entry, wanted: string): void {
    const { place } = this.#mistypedAt ?? entry;
    this.#add(
      `${sourceOf(place)}: interface conversion: interface {} is ${typeName(entry.value)}, not ${wanted}`,
    );
  }

  #add(error: string): void {
    if (this.#errors.length < findingsMax) this.#errors.push(error);
  }
}

function placed(at: Entry | undefined, reason: string): string {
  return at === undefined || at.place.borrowed ? reason : `${sourceOf(at.place)}: ${reason}`;
}

function sourceOf(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** Cut down to what a number holds exactly. */
export function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  return value < BigInt(Number.MIN_SAFE_INTEGER) ? Number.MIN_SAFE_INTEGER : Number(value);
}
