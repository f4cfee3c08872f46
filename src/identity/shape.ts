// How a foreign JSON value becomes a typed one and goes back, by the rules of Go's encoding/json, which every JWT
// library of NATS follows: an absent or null field is the zero value, a mistyped one is refused, zero values are
// not written. Field names are compared exactly, where Go would also take them in another case.

import { escapedAsGo } from "../base/go-json.ts";

/** Where the first mistake was found. One for each reading. */
export class Reading {
  #mistake: string | undefined;
  readonly #path: string[] = [];

  fail(mistake: string): void {
    this.#mistake ??= mistake;
  }

  get failed(): boolean {
    return this.#mistake !== undefined;
  }

  /** Called by whoever looked into a part that failed, from the inside out. */
  within(part: string): void {
    this.#path.unshift(part.length > 64 ? `${part.slice(0, 64)}…` : part);
  }

  /** "nats.limits.subs is not an integer"; undefined when all was well. */
  reason(): string | undefined {
    return this.#mistake === undefined ? undefined : `${this.#path.join(".") || "it"} ${this.#mistake}`;
  }
}

/** One kind of JSON value. */
export interface Shape<T> {
  /** What Go calls the zero value. */
  readonly zero: T;
  /** Answers the zero value, and tells the reading, when the value is not of this shape. */
  read(value: unknown, reading: Reading): T;
  write(value: T): unknown;
  /** Whether a field of this value is left out when written ("omitempty"). */
  isOmitted(value: T): boolean;
}

export const text: Shape<string> = {
  zero: "",
  read: (value, reading) => (typeof value === "string" ? value : absent(value, "", reading, "a string")),
  write: (value) => value,
  isOmitted: (value) => value === "",
};

export const flag: Shape<boolean> = {
  zero: false,
  read: (value, reading) =>
    typeof value === "boolean" ? value : absent(value, false, reading, "true or false"),
  write: (value) => value,
  isOmitted: (value) => !value,
};

/**
 * A whole number from `min` to `max`. What lies beyond 2^53 and still within `max` is taken for the largest safe
 * integer: such numbers stand for "no limit", and arithmetic on them stays exact.
 */
export function integer(min: number, max: number): Shape<number> {
  return {
    zero: 0,
    read(value, reading) {
      if (typeof value !== "number") return absent(value, 0, reading, "a number");
      if (!Number.isInteger(value)) return absent(value, 0, reading, "a whole number");
      if (value < min || value > max) return absent(value, 0, reading, "a number in range");
      return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)) + 0;
    },
    write: (value) => value,
    isOmitted: (value) => value === 0,
  };
}

export const int64 = integer(-(2 ** 63), 2 ** 63);
export const uint64 = integer(0, 2 ** 64);
export const uint8 = integer(0, 255);

/** A list whose absence does not matter. An element that is null is its zero value. */
export function list<T>(element: Shape<T>): Shape<readonly T[]> {
  return {
    zero: [],
    read: (value, reading) => readList(value, element, reading) ?? [],
    write: (value) => value.map((item) => element.write(item)),
    isOmitted: (value) => value.length === 0,
  };
}

/** A list that tells "absent" (undefined) from "empty", because Go programs do. */
export function listOrNone<T>(element: Shape<T>): Shape<readonly T[] | undefined> {
  return {
    zero: undefined,
    read: (value, reading) => readList(value, element, reading),
    write: (value) => value?.map((item) => element.write(item)),
    isOmitted: (value) => value === undefined || value.length === 0,
  };
}

/** Foreign keys live in a Map, never in an object; written in the order of the keys. */
export function mapOf<T>(element: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return {
    zero: new Map(),
    read(value, reading) {
      const read = new Map<string, T>();
      if (!isObject(value)) return absent(value, read, reading, "an object");
      for (const key of Object.keys(value)) {
        read.set(key, readPart(element, value[key], key, reading));
        if (reading.failed) break;
      }
      return read;
    },
    write(value) {
      const written: Record<string, unknown> = Object.create(null);
      for (const key of [...value.keys()].sort()) written[key] = element.write(value.get(key)!);
      return written;
    },
    isOmitted: (value) => value.size === 0,
  };
}

/** A pointer: absent and null are undefined. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    zero: undefined,
    read: (value, reading) =>
      value === undefined || value === null ? undefined : shape.read(value, reading),
    write: (value) => (value === undefined ? undefined : shape.write(value)),
    isOmitted: (value) => value === undefined,
  };
}

/** A field that is written even when it is zero. */
export function always<T>(shape: Shape<T>): Shape<T> {
  return { ...shape, isOmitted: () => false };
}

/** The fields of a record, in the order they are written. */
export type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** A record of known fields; others are ignored. */
export function struct<T extends object>(fields: Fields<T>): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][];
  const zero = Object.fromEntries(shapes.map(([name, shape]) => [name, shape.zero])) as T;
  return {
    zero,
    read(value, reading) {
      if (!isObject(value)) return absent(value, zero, reading, "an object");
      const read: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        read[name] = Object.hasOwn(value, name) ? readPart(shape, value[name], name, reading) : shape.zero;
        if (reading.failed) return zero;
      }
      return read as T;
    },
    write(value) {
      const written: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        const part = value[name as keyof T];
        if (!shape.isOmitted(part)) written[name] = shape.write(part);
      }
      return written;
    },
    isOmitted: () => false,
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Compact JSON exactly as Go writes it. */
export function goJson(value: unknown): string {
  return escapedAsGo(JSON.stringify(value));
}

function readList<T>(value: unknown, element: Shape<T>, reading: Reading): readonly T[] | undefined {
  if (!Array.isArray(value)) return absent(value, undefined, reading, "a list");
  const read: T[] = [];
  for (const [place, item] of value.entries()) {
    read.push(readPart(element, item, String(place), reading));
    if (reading.failed) break;
  }
  return read;
}

function readPart<T>(shape: Shape<T>, value: unknown, part: string, reading: Reading): T {
  const read = shape.read(value, reading);
  if (reading.failed) reading.within(part);
  return read;
}

function absent<T>(value: unknown, zero: T, reading: Reading, wanted: string): T {
  if (value !== undefined && value !== null) reading.fail(`is not ${wanted}`);
  return zero;
}
