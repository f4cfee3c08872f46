// One token of a transform's destination: a word, a place taken from the source, or a function of such places.
// [nats-server subject_transform.go indexPlaceHolders]

/** What a destination token says; places count from 0 among the source's tokens once they are bound to it. */
export type DestinationToken =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "wildcard"; readonly places: readonly number[] }
  /** Without places, the whole subject is hashed. */
  | { readonly kind: "partition"; readonly places: readonly number[]; readonly size: number }
  | { readonly kind: "random"; readonly places: readonly number[]; readonly size: number }
  | { readonly kind: Cut; readonly places: readonly number[]; readonly size: number }
  | { readonly kind: "split"; readonly places: readonly number[]; readonly delimiter: string };

/** Functions that cut one source token by a number of bytes. */
export type Cut = "splitFromLeft" | "splitFromRight" | "sliceFromLeft" | "sliceFromRight" | "left" | "right";

export interface TransformRefusal {
  readonly kind: "refused";
  /** In nats-server's words. */
  readonly message: string;
}

const inMapping = "invalid mapping destination";
export const refusals = {
  invalidSubject: "invalid subject",
  invalidTransform: `${inMapping}: invalid transform`,
  notAllWildcards: `${inMapping}: not using all of the token wildcard(s)`,
  unknownFunction: `${inMapping}: unknown function`,
  outOfRange: `${inMapping}: wildcard index out of range`,
  tooFewArguments: `${inMapping}: not enough arguments passed to the function`,
  badArgument: `${inMapping}: function argument is invalid or in the wrong format`,
  tooManyArguments: `${inMapping}: too many arguments passed to the function`,
  notForImport: `${inMapping}: the only mapping function allowed for import transforms is {{Wildcard()}}`,
} as const;

/** Longer tokens are not looked into for functions, so that looking takes no time to speak of. */
const functionBytesMax = 512;
const int32Max = 2n ** 31n - 1n;
const int32Min = -(2n ** 31n);
const int64Max = 2n ** 63n - 1n;

const word = (text: string): DestinationToken => ({ kind: "word", text });

/** Blanks are Go's: a byte above 0x7f is never one. */
const blank = "[\\t\\n\\f\\r ]*";
const call = (name: string): RegExp =>
  new RegExp(`\\{\\{${blank}${name}${blank}\\(([^\\n]*)\\)${blank}\\}\\}`);

/** In the order in which nats-server tries them; a letter in brackets may be of either case, the others may not. */
const functions = {
  wildcard: call("[wW]ildcard"),
  partition: call("[pP]artition"),
  splitFromLeft: call("[sS]plit[fF]rom[lL]eft"),
  splitFromRight: call("[sS]plit[fF]rom[rR]ight"),
  sliceFromLeft: call("[sS]lice[fF]rom[lL]eft"),
  sliceFromRight: call("[sS]lice[fF]rom[rR]ight"),
  right: call("[rR]ight"),
  left: call("[lL]eft"),
  split: call("[sS]plit"),
  random: call("[rR]andom"),
} as const;

type FunctionName = keyof typeof functions;

/** The function that a token calls, with its arguments; undefined for an unknown one. */
export function functionIn(token: string): { name: FunctionName; given: string[] } | undefined {
  if (token.length > functionBytesMax) return undefined;
  for (const name of Object.keys(functions) as FunctionName[]) {
    const found = functions[name].exec(token);
    if (found !== null) return { name, given: found[1]!.split(/,[\t\n\f\r ]*/) };
  }
  return undefined;
}

export function looksLikeFunction(token: string): boolean {
  return token.length > 4 && token.startsWith("{{") && token.endsWith("}}");
}

/** Reads one token. Its places still count the source's wildcards, from 1. */
export function readDestinationToken(token: string): DestinationToken | TransformRefusal {
  if (token.length > 1 && token.startsWith("$")) {
    // Other things rely on tokens that begin with $, so what is no number is a word.
    const place = readInteger(token.slice(1));
    return place === undefined ? word(token) : { kind: "wildcard", places: [Number(place)] };
  }
  if (!looksLikeFunction(token)) return word(token);
  const called = functionIn(token);
  const read = called === undefined ? refusals.unknownFunction : readCall(called.name, called.given);
  return typeof read === "string" ? refusedIn(token, read) : read;
}

export function refusedIn(token: string, message: string): TransformRefusal {
  return { kind: "refused", message: token === "" ? message : `${message} in ${token}` };
}

/** A text is the reason why not. */
function readCall(name: FunctionName, given: readonly string[]): DestinationToken | string {
  switch (name) {
    case "wildcard":
      return readWildcard(given);
    case "partition":
      return readPartition(given);
    case "random":
      return readRandom(given);
    case "split":
      return readSplit(given);
    default:
      return readCut(name, given);
  }
}

function readWildcard(given: readonly string[]): DestinationToken | string {
  if (given.length > 1) return refusals.tooManyArguments;
  if (given[0] === "") return refusals.tooFewArguments;
  const place = readInteger(given[0]!);
  return place === undefined ? refusals.badArgument : { kind: "wildcard", places: [Number(place)] };
}

function readPartition(given: readonly string[]): DestinationToken | string {
  const [size, ...places] = given.map(readInteger);
  if (size === undefined || size > int32Max) return refusals.badArgument;
  if (places.includes(undefined)) return refusals.badArgument;
  return { kind: "partition", places: places.map(Number), size: Number(BigInt.asIntN(32, size)) };
}

function readRandom(given: readonly string[]): DestinationToken | string {
  if (given.length !== 1) return refusals.tooFewArguments;
  const size = readInteger(given[0]!);
  if (size === undefined || size > int32Max) return refusals.badArgument;
  return { kind: "random", places: [], size: Number(BigInt.asIntN(32, size)) };
}

function readSplit(given: readonly string[]): DestinationToken | string {
  if (given.length < 2) return refusals.tooFewArguments;
  if (given.length > 2) return refusals.tooManyArguments;
  const place = readInteger(given[0]!);
  const delimiter = given[1]!;
  if (place === undefined || delimiter.includes(" ")) return refusals.badArgument;
  return { kind: "split", places: [Number(place)], delimiter };
}

function readCut(kind: Cut, given: readonly string[]): DestinationToken | string {
  if (given.length < 2) return refusals.tooFewArguments;
  if (given.length > 2) return refusals.tooManyArguments;
  const place = readInteger(given[0]!);
  const size = readInteger(given[1]!);
  if (place === undefined || size === undefined || size < int32Min || size > int32Max) {
    return refusals.badArgument;
  }
  return { kind, places: [Number(place)], size: Number(size) };
}

/** As Go's Atoi of the text without blanks around it: a sign, digits, 64 bits. */
function readInteger(text: string): bigint | undefined {
  const digits = /^ *([+-]?)([0-9]+) *$/.exec(text);
  if (digits === null || text.length > 64) return undefined;
  const value = BigInt(digits[2]!);
  if (value > (digits[1] === "-" ? int64Max + 1n : int64Max)) return undefined;
  return digits[1] === "-" ? -value : value;
}
