// Subjects rewritten: what matches a source pattern becomes a destination built from its tokens.
// [nats-server subject_transform.go]

import { unreachable } from "../base/assert.ts";
import {
  type Cut,
  type DestinationToken,
  readDestinationToken,
  refusals,
  refusedIn,
  type TransformRefusal,
} from "./destination-token.ts";
import { isSubset } from "./pattern.ts";
import { isLiteral, isWellFormed, tokens } from "./subject.ts";

/** A whole number in [0, bound), bound ≥ 1. */
export type Below = (bound: number) => number;

/** What a parse comes to. */
export type ParsedTransform =
  | { readonly kind: "transform"; readonly transform: Transform }
  | TransformRefusal;

export class Transform {
  /** The pattern; ">" where none was given. */
  readonly source: string;
  readonly destination: string;
  readonly #sourceTokens: readonly string[];
  readonly #parts: readonly DestinationToken[];
  /** Whether the destination ends in `>`, which stands for all the source's `>` stood for. */
  readonly #isOpen: boolean;

  private constructor(source: string, destination: string, parts: readonly DestinationToken[]) {
    this.source = source;
    this.destination = destination;
    this.#sourceTokens = tokens(source);
    this.#isOpen = destination === ">" || destination.endsWith(".>");
    this.#parts = this.#isOpen ? parts.slice(0, -1) : parts;
  }

  /**
   * Both are wire text; an empty source is ">".
   * @param strict for imports, which must be reversible: each wildcard of the source used, and nothing but wildcards.
   */
  static parse(source: string, destination: string, strict = false): ParsedTransform {
    const from = source === "" ? ">" : source;
    if (!isWellFormed(from) || !isWellFormed(destination)) return refusedIn("", refusals.invalidSubject);
    const wanted = tokens(destination);
    if (wanted.includes("*") || (tokens(from).at(-1) === ">") !== (wanted.at(-1) === ">")) {
      return refusedIn("", refusals.invalidSubject);
    }
    const parts = isLiteral(from) ? partsOfLiteral(wanted) : partsOfPattern(from, destination, strict);
    if (!Array.isArray(parts)) return parts as TransformRefusal;
    return { kind: "transform", transform: new Transform(from, destination, parts) };
  }

  /** What a subject becomes; undefined when it is not valid and literal, or does not match the source. */
  match(subject: string, below: Below): string | undefined {
    if (this.source === ">" && this.destination === ">") return subject;
    if (!isWellFormed(subject) || !isLiteral(subject) || !isSubset(subject, this.source)) return undefined;
    return this.apply(subject, below);
  }

  /** What a subject that matches the source becomes. */
  apply(subject: string, below: Below): string {
    const given = tokens(subject);
    const made = this.#parts.map((part) => perform(part, given, subject, below));
    if (this.#isOpen) made.push(...given.slice(this.#sourceTokens.length - 1));
    return made.join(".");
  }

  /** The way back; undefined when there is none. A strict transform that uses each wildcard once has one. */
  reversed(): Transform | undefined {
    /** Which wildcard of our source stands at each wildcard of the new one. */
    const order: number[] = [];
    const source = tokens(this.destination).map((token) => {
      const read = readDestinationToken(token);
      if (read.kind !== "wildcard") return token;
      order.push(read.places[0]!);
      return "*";
    });
    let place = 0;
    const destination = this.#sourceTokens.map((token) =>
      token === "*" ? `$${order.indexOf(++place) + 1}` : token,
    );
    if (destination.includes("$0")) return undefined;
    const back = Transform.parse(source.join("."), destination.join("."), true);
    return back.kind === "transform" ? back.transform : undefined;
  }
}

/** A pattern as the destination that changes nothing: `foo.*.*` is `foo.$1.$2`. */
export function identityDestination(pattern: string): string {
  let place = 0;
  return tokens(pattern)
    .map((token) => (token === "*" ? `$${++place}` : token))
    .join(".");
}

function partsOfPattern(
  source: string,
  destination: string,
  strict: boolean,
): DestinationToken[] | TransformRefusal {
  const stars = tokens(source).flatMap((token, place) => (token === "*" ? [place] : []));
  const parts: DestinationToken[] = [];
  let used = 0;
  for (const token of tokens(destination)) {
    const read = readDestinationToken(token);
    if (read.kind === "refused") return read;
    if (strict && read.kind !== "word" && read.kind !== "wildcard")
      return refusedIn(token, refusals.notForImport);
    if (read.kind === "word") {
      parts.push(read);
      continue;
    }
    const tooFar = read.places.find((place) => place > stars.length);
    if (tooFar !== undefined) return refusedIn(`${token}: [${tooFar}]`, refusals.outOfRange);
    used += read.places.length;
    // A place below 1 is the first token of the subject, as in nats-server.
    parts.push({ ...read, places: read.places.map((place) => stars[place - 1] ?? 0) });
  }
  if (strict && used < stars.length) return refusedIn(destination, refusals.notAllWildcards);
  return parts;
}

function partsOfLiteral(wanted: readonly string[]): DestinationToken[] | TransformRefusal {
  const parts: DestinationToken[] = [];
  for (const token of wanted) {
    const read = readDestinationToken(token);
    if (read.kind === "refused") return read;
    if (read.kind === "word") parts.push(read);
    // There are no wildcards to take places from: the whole subject is hashed.
    else if (read.kind === "partition" || read.kind === "random") parts.push({ ...read, places: [] });
    else return refusedIn(token, refusals.outOfRange);
  }
  return parts;
}

function perform(part: DestinationToken, given: readonly string[], subject: string, below: Below): string {
  switch (part.kind) {
    case "word":
      return part.text;
    case "partition": {
      const key =
        part.places.length === 0 ? subject : part.places.map((place) => given[place] ?? "").join("");
      return part.size === 0 ? "0" : String(hash(key) % (part.size >>> 0));
    }
    case "random":
      return part.size === 0 ? "0" : String(below(Math.abs(part.size)));
    case "wildcard":
      return given[part.places[0]!] ?? "";
    case "split":
      return split(given[part.places[0]!] ?? "", part.delimiter);
    default:
      return cut(part.kind, given[part.places[0]!] ?? "", part.size);
  }
}

/** FNV-1a, 32 bits, over the bytes of wire text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** `size` is in bytes; a token that is no longer than that stays whole. */
function cut(kind: Cut, token: string, size: number): string {
  if (size <= 0 || size >= token.length) return token;
  const fromEnd = token.length - size;
  switch (kind) {
    case "splitFromLeft":
      return `${token.slice(0, size)}.${token.slice(size)}`;
    case "splitFromRight":
      return `${token.slice(0, fromEnd)}.${token.slice(fromEnd)}`;
    case "sliceFromLeft":
      return slices(token, 0, size);
    case "sliceFromRight":
      return slices(token, token.length % size, size);
    case "left":
      return token.slice(0, size);
    case "right":
      return token.slice(fromEnd);
    default:
      return unreachable(kind);
  }
}

/** Slices of one size, and a shorter one at the start or the end. */
function slices(token: string, first: number, size: number): string {
  const made = first > 0 ? [token.slice(0, first)] : [];
  for (let at = first; at < token.length; at += size) made.push(token.slice(at, at + size));
  return made.join(".");
}

/** Pieces that are empty are left out, and so is the delimiter around them. An empty delimiter splits characters. */
function split(token: string, delimiter: string): string {
  const pieces =
    delimiter === ""
      ? (token.match(/[\0-\x7f]|[\xc2-\xf4][\x80-\xbf]*|[\s\S]/g) ?? [])
      : token.split(delimiter);
  return pieces.filter((piece) => piece !== "").join(".");
}
