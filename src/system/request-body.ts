// The JSON of a request to the system account: its options, or what nats-server says of a body that holds none.
// [go encoding/json Unmarshal] [nats-server events.go zReq]

import { jsonFault } from "./json-scanner.ts";

/** Bytes of a request's body that are read. */
const bodyBytesMax = 64 * 1024;

export type OptionKind = "bool" | "string" | "int" | "uint64" | "strings";

/** Options by the struct that nats-server declares them in, since its complaints name that. */
export type OptionGroups = Readonly<Record<string, Readonly<Record<string, OptionKind>>>>;

export const filterGroup: OptionGroups = {
  EventFilterOptions: {
    server_name: "string",
    cluster: "string",
    host: "string",
    exact_match: "bool",
    tags: "strings",
    domain: "string",
  },
};

/** The options of a request. What was not said is false, "", 0 or empty. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown> = new Map()) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? "";
  }

  number(name: string): bigint {
    return (this.#values.get(name) as bigint | undefined) ?? 0n;
  }

  texts(name: string): readonly string[] {
    return (this.#values.get(name) as readonly string[] | undefined) ?? [];
  }
}

export type Body =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly complaint: string };

interface Field {
  readonly kind: OptionKind;
  readonly name: string;
  /** As a complaint names it. */
  readonly path: string;
}

/** `struct` is what nats-server calls the whole. An empty body says nothing, which is fine. */
export function readBody(payload: Buffer, struct: string, groups: OptionGroups): Body {
  if (payload.length === 0) return { ok: true, options: new Options() };
  if (payload.length > bodyBytesMax) return { ok: false, complaint: "request body is too large" };
  const text = payload.utf8Slice();
  const fault = jsonFault(text);
  if (fault !== undefined) return { ok: false, complaint: fault };
  // Whole numbers keep all their digits: the reviver sees the text that they were written as.
  const value: unknown = JSON.parse(text, (_key, part: unknown, context?: { source?: string }) =>
    typeof part === "number" ? new Literal(context?.source ?? String(part)) : part,
  );
  if (value === null) return { ok: true, options: new Options() };
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Literal) {
    return {
      ok: false,
      complaint: `json: cannot unmarshal ${kindOf(value)} into Go value of type server.${struct}`,
    };
  }
  return readMembers(value, fieldsOf(struct, groups));
}

/** A number as it was written. */
class Literal {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

function fieldsOf(struct: string, groups: OptionGroups): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const [group, members] of Object.entries(groups)) {
    const path = group === "" ? struct : `${struct}.${group}`;
    for (const [name, kind] of Object.entries(members)) {
      fields.set(name.toLowerCase(), { kind, name, path: `${path}.${name}` });
    }
  }
  return fields;
}

/** Go reads on behind the first value of a wrong kind, and then complains of that one. */
function readMembers(members: object, fields: ReadonlyMap<string, Field>): Body {
  const values = new Map<string, unknown>();
  let complaint: string | undefined;
  for (const [name, value] of Object.entries(members)) {
    const field = fields.get(name.toLowerCase());
    if (field === undefined || value === null) continue;
    const read = readValue(field, value);
    if (read.ok) values.set(field.name, read.value);
    else complaint ??= read.complaint;
  }
  return complaint === undefined ? { ok: true, options: new Options(values) } : { ok: false, complaint };
}

type Read =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly complaint: string };

function readValue({ kind, path }: Field, value: unknown): Read {
  const wrong = (what: string, type: string): Read => {
    return {
      ok: false,
      complaint: `json: cannot unmarshal ${what} into Go struct field ${path} of type ${type}`,
    };
  };
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? { ok: true, value } : wrong(kindOf(value), "bool");
    case "string":
      return typeof value === "string" ? { ok: true, value } : wrong(kindOf(value), "string");
    case "strings": {
      if (!Array.isArray(value)) return wrong(kindOf(value), "[]string");
      const odd = value.find((each) => typeof each !== "string" && each !== null);
      if (odd !== undefined) return wrong(kindOf(odd), "string");
      return { ok: true, value: value.map((each: string | null) => each ?? "") };
    }
    default: {
      if (!(value instanceof Literal)) return wrong(kindOf(value), kind);
      const number = wholeNumber(value.source, kind);
      return number === undefined ? wrong(`number ${value.source}`, kind) : { ok: true, value: number };
    }
  }
}

function wholeNumber(source: string, kind: "int" | "uint64"): bigint | undefined {
  if (!/^-?[0-9]{1,20}$/.test(source)) return undefined;
  if (kind === "uint64" && source.startsWith("-")) return undefined;
  const number = BigInt(source);
  const fits = kind === "int" ? BigInt.asIntN(64, number) : BigInt.asUintN(64, number);
  return fits === number ? number : undefined;
}

function kindOf(value: unknown): string {
  if (value instanceof Literal) return "number";
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "object";
}
