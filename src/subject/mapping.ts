// Subjects mapped as they are published: each source goes to one of its destinations, picked by weight.
// [nats-server accounts.go AddWeightedMappings, selectMappedSubject]

import {
  functionIn,
  looksLikeFunction,
  refusals,
  refusedIn,
  type TransformRefusal,
} from "./destination-token.ts";
import { isSubset } from "./pattern.ts";
import { isLiteral, isValidPattern, tokens } from "./subject.ts";
import { type Below, identityDestination, type ParsedTransform, Transform } from "./transform.ts";

/** Percent. */
const wholeWeight = 100;

export interface MappingDestination {
  /** Wire text. Empty: the subject stays as it is. */
  readonly subject: string;
  /** Percent, 0 to 100. */
  readonly weight: number;
  /** Only for servers of this cluster; "" for all others. */
  readonly cluster: string;
}

export type ParsedMapping = { readonly kind: "mapping"; readonly mapping: Mapping } | TransformRefusal;

interface Weighted {
  /** Undefined leaves the subject as it is. */
  readonly transform: Transform | undefined;
  readonly weight: number;
}

/** Where the messages of one source go. */
export class Mapping {
  readonly source: string;
  readonly #isLiteral: boolean;
  readonly #destinations: readonly Weighted[];

  private constructor(source: string, destinations: readonly Weighted[]) {
    this.source = source;
    this.#isLiteral = isLiteral(source);
    this.#destinations = destinations;
  }

  /**
   * All texts are wire text. What the weights leave over keeps its subject, unless the source is named as a
   * destination itself: then it is lost.
   * @param cluster the name of the server's own cluster, "" for none.
   */
  static parse(source: string, destinations: readonly MappingDestination[], cluster = ""): ParsedMapping {
    if (!isValidPattern(source)) return refusedIn("", refusals.invalidSubject);
    const seen = new Set<string>();
    const scopes = new Map<string, Weighted[]>([["", []]]);
    for (const destination of destinations) {
      const { subject, weight } = destination;
      const scope = scopes.get(destination.cluster) ?? [];
      const mistake = weightMistake(destination, seen, scope);
      if (mistake !== undefined) return refusedIn("", mistake);
      seen.add(subject);
      const parsed = subject === "" ? undefined : parseDestination(source, subject);
      if (parsed?.kind === "refused") return parsed;
      scope.push({ transform: parsed?.transform, weight });
      scopes.set(destination.cluster, scope);
    }
    const chosen = (cluster === "" ? undefined : scopes.get(cluster)) ?? scopes.get("")!;
    return { kind: "mapping", mapping: new Mapping(source, completed(source, chosen, seen.has(source))) };
  }

  matches(subject: string): boolean {
    return this.#isLiteral ? subject === this.source : isSubset(subject, this.source);
  }

  /** The new subject of a message to one that matches; undefined when its share goes nowhere: the message is lost. */
  apply(subject: string, below: Below): string | undefined {
    const chosen = this.#pick(below);
    if (chosen === undefined) return undefined;
    return chosen.transform === undefined ? subject : chosen.transform.apply(subject, below);
  }

  #pick(below: Below): Weighted | undefined {
    const first = this.#destinations[0];
    if (first?.weight === wholeWeight) return first;
    let left = below(wholeWeight);
    for (const destination of this.#destinations) {
      if (left < destination.weight) return destination;
      left -= destination.weight;
    }
    return undefined;
  }
}

/** The mappings of one account; of those that match a subject, the first one counts. */
export class Mappings {
  readonly #all: Mapping[] = [];

  get size(): number {
    return this.#all.length;
  }

  /** Takes the place of an earlier mapping of the same source. */
  set(mapping: Mapping): void {
    const known = this.#all.findIndex(({ source }) => source === mapping.source);
    if (known === -1) this.#all.push(mapping);
    else this.#all[known] = mapping;
  }

  /** Whether there was one. */
  remove(source: string): boolean {
    const known = this.#all.findIndex((each) => each.source === source);
    if (known !== -1) this.#all.splice(known, 1);
    return known !== -1;
  }

  find(subject: string): Mapping | undefined {
    for (let at = 0; at < this.#all.length; at++) {
      if (this.#all[at]!.matches(subject)) return this.#all[at];
    }
    return undefined;
  }

  /** The subject a message goes to, the given one when nothing matches it; undefined when the message is lost. */
  apply(subject: string, below: Below): string | undefined {
    const mapping = this.find(subject);
    return mapping === undefined ? subject : mapping.apply(subject, below);
  }
}

function weightMistake(
  { subject, weight }: MappingDestination,
  seen: ReadonlySet<string>,
  scope: readonly Weighted[],
): string | undefined {
  if (seen.has(subject)) return `duplicate entry for ${JSON.stringify(subject)}`;
  if (weight > wholeWeight) return "individual weights need to be <= 100";
  const total = scope.reduce((sum, each) => sum + each.weight, weight);
  return total > wholeWeight ? "total weight needs to be <= 100" : undefined;
}

/** Stricter than a transform: no blanks. [nats-server sublist.go ValidateMapping] */
function parseDestination(source: string, destination: string): ParsedTransform {
  const parts = tokens(destination);
  for (const [place, token] of parts.entries()) {
    if (token === "" || (place > 0 && parts[place - 1] === ">"))
      return refusedIn(token, refusals.invalidTransform);
    if (looksLikeFunction(token)) {
      if (functionIn(token) === undefined) return refusedIn(token, refusals.unknownFunction);
    } else if (/[\t\n\f\r ]/.test(token)) {
      return refusedIn("", refusals.invalidTransform);
    }
  }
  return Transform.parse(source, destination);
}

function completed(source: string, given: readonly Weighted[], namesItself: boolean): readonly Weighted[] {
  const total = given.reduce((sum, { weight }) => sum + weight, 0);
  if (total === wholeWeight || namesItself) return given;
  const unchanged = Transform.parse(source, identityDestination(source));
  const transform = unchanged.kind === "transform" ? unchanged.transform : undefined;
  return [...given, { transform, weight: wholeWeight - total }];
}
