// Reads a JSON object into named fields as Go's encoding/json reads a struct: keys in any case, unknown ones ignored,
// null means "leave as it is", the last of two wins, a wrong type refuses the whole. Source: [go encoding/json decode.go].

/** What a field may hold. "strings" is an array of strings, a nested map is an object; `bytes` is base64 text. */
export type FieldKind =
  | "bool"
  | "string"
  | "int"
  | "int32"
  | "uint64"
  | "byte"
  | "bytes"
  | "strings"
  | FieldKinds;
export interface FieldKinds {
  readonly [lowerCaseName: string]: FieldKind;
}

/** Go gives up on deeper nesting. */
const depthMax = 10_000;

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  byte: [0n, 255n],
};

/**
 * Answers the fields found, by their lower-case names, or undefined when Go would have answered an error.
 * Integers come back as numbers: beyond 2^53 they are near, never wrong in sign or order.
 */
export function readStruct(json: Buffer, kinds: FieldKinds): Map<string, unknown> | undefined {
  const text = json.toString("utf8", 0, json.length);
  if (!isJson(text)) return undefined;
  return readObject(text.trim(), kinds);
}

function isJson(text: string): boolean {
  if (nestsDeeperThan(text, depthMax)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function nestsDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') at = endOfString(text, at) - 1;
    else if (letter === "{" || letter === "[") {
      if (++depth > max) return true;
    } else if (letter === "}" || letter === "]") depth--;
  }
  return false;
}

// From here on the text is known to be JSON without blanks around it, so only its structure matters.

function readObject(text: string, kinds: FieldKinds): Map<string, unknown> | undefined {
  const fields = new Map<string, unknown>();
  if (text === "null") return fields;
  if (text[0] !== "{") return undefined;

  let at = skipBlanks(text, 1);
  while (text[at] !== "}") {
    const keyEnd = endOfString(text, at);
    const name = fold(JSON.parse(text.slice(at, keyEnd)) as string);
    const start = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const value = text.slice(start, end);
    if (kind !== undefined && value !== "null") {
      const read = readValue(value, kind);
      if (read === undefined) return undefined;
      fields.set(name, read);
    }
    at = skipBlanks(text, end);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
  }
  return fields;
}

function readValue(value: string, kind: FieldKind): unknown {
  if (typeof kind === "object") return readObject(value, kind);
  switch (kind) {
    case "bool":
      return value === "true" ? true : value === "false" ? false : undefined;
    case "string":
      return value[0] === '"' ? (JSON.parse(value) as string).toWellFormed() : undefined;
    case "strings":
      return readStrings(value);
    case "bytes":
      return readBytes(value);
    default:
      return readInteger(value, ranges[kind]!);
  }
}

function readInteger(value: string, range: readonly [bigint, bigint]): number | undefined {
  if (!/^-?[0-9]{1,20}$/.test(value)) return undefined;
  const integer = BigInt(value);
  return integer < range[0] || integer > range[1] ? undefined : Number(integer);
}

function readStrings(value: string): readonly string[] | undefined {
  if (value[0] !== "[") return undefined;
  const items = JSON.parse(value) as unknown[];
  if (!items.every((item) => typeof item === "string" || item === null)) return undefined;
  return items.map((item) => (item === null ? "" : (item as string).toWellFormed()));
}

function readBytes(value: string): Buffer | undefined {
  if (value[0] !== '"') return undefined;
  const base64 = (JSON.parse(value) as string).replace(/[\r\n]/g, "");
  const sound = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
  return sound ? Buffer.from(base64, "base64") : undefined;
}

/** Go compares names by simple case folding: the long s equals s, which lower case alone does not see. */
function fold(name: string): string {
  return name.replaceAll("\u017f", "s").toLowerCase();
}

function skipBlanks(text: string, at: number): number {
  while (text[at] === " " || text[at] === "\t" || text[at] === "\n" || text[at] === "\r") at++;
  return at;
}

function endOfString(text: string, at: number): number {
  for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
  return at + 1;
}

function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"') at = endOfString(text, at) - 1;
    else if (letter === "{" || letter === "[") depth++;
    else if (letter === "}" || letter === "]" || letter === ",") {
      if (depth === 0) return at;
      if (letter !== ",") depth--;
      // The bracket that closes the value is its last letter.
      if (depth === 0 && letter !== ",") return at + 1;
    } else if (depth === 0 && (letter === " " || letter === "\n" || letter === "\r" || letter === "\t"))
      return at;
  }
  return at;
}
