// What a configuration text says, before anyone asks what it means: values, each with the place it was written.

/** `column` counts bytes as nats-server does: from 0 on a file's first line, from 1 on the others. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** It is that of the environment variable whose value holds the entry, which has none: most errors go without. */
  readonly borrowed?: boolean;
}

/** A Zulu date, kept as it was written (`2006-01-02T15:04:05Z`). No option takes one. */
export class Moment {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Keys as written; of two equal keys the last one counts. */
export type Tree = ReadonlyMap<string, Entry>;

/** Integers are exact, as nats-server's int64. */
export type Value = string | bigint | number | boolean | Moment | readonly Entry[] | Tree;

/** One value at its place, which is that of its key if it has one. */
export class Entry {
  readonly value: Value;
  readonly place: Place;
  #referenced = false;

  constructor(value: Value, place: Place) {
    this.value = value;
    this.place = place;
  }

  /** True once a `$variable` named this entry: then its key need not be one that the server knows. */
  get referenced(): boolean {
    return this.#referenced;
  }

  markReferenced(): void {
    this.#referenced = true;
  }
}

export function isTree(value: Value): value is Tree {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Entry[] {
  return Array.isArray(value);
}

/** How nats-server names the type of a value in its errors. */
export function typeName(value: Value): string {
  if (typeof value === "string") return "string";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (value instanceof Moment) return "time.Time";
  return isList(value) ? "[]interface {}" : "map[string]interface {}";
}

/** How nats-server writes a value into an error. (Inside lists and maps it writes addresses; we write values.) */
export function shownValue(value: Value): string {
  if (value instanceof Moment) return value.text.replace("T", " ").replace("Z", " +0000 UTC");
  if (isList(value)) return `[${value.map((entry) => shownValue(entry.value)).join(" ")}]`;
  if (isTree(value)) {
    return `map[${[...value].map(([key, entry]) => `${key}:${shownValue(entry.value)}`).join(" ")}]`;
  }
  return String(value);
}
