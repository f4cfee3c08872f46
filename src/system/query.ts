// The parameters of a monitoring request's address, read as nats-server reads them: the first one that cannot be read is
// complained of, in Go's words. [go net/url ParseQuery, strconv] [nats-server monitor.go decodeBool, decodeInt]

import { quote } from "../wire/quote.ts";

const truths = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const untruths = new Set(["0", "f", "F", "FALSE", "false", "False"]);
const int64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];
const uint64Max = 2n ** 64n - 1n;
/** Longer digits are out of any range and not worth reading. */
const digitsMax = 40;

export class Query {
  readonly #values: ReadonlyMap<string, string>;
  #complaint: string | undefined;

  /** @param text what stands behind the question mark */
  constructor(text: string) {
    this.#values = parseQuery(text);
  }

  /** Why the request is refused, once everything has been read. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  text(name: string): string {
    return this.#values.get(name) ?? "";
  }

  flag(name: string): boolean {
    const text = this.text(name);
    if (truths.has(text)) return true;
    if (text !== "" && !untruths.has(text))
      this.#complain(`boolean for '${name}': ${failed("ParseBool", text)}`);
    return false;
  }

  /** A signed number of 64 bits; 0 when it is absent. */
  int(name: string): bigint {
    const text = this.text(name);
    if (text === "") return 0n;
    if (!/^[+-]?[0-9]+$/.test(text)) return this.#noNumber("int", name, failed("Atoi", text));
    const value = text.length > digitsMax ? uint64Max : BigInt(text.replace(/^\+/, ""));
    if (value >= int64[0] && value <= int64[1]) return value;
    return this.#noNumber("int", name, failed("Atoi", text, "value out of range"));
  }

  /** A number of 64 bits without a sign; 0 when it is absent. */
  uint(name: string): bigint {
    const text = this.text(name);
    if (text === "") return 0n;
    if (!/^[0-9]+$/.test(text)) return this.#noNumber("uint64", name, failed("ParseUint", text));
    const value = text.length > digitsMax ? uint64Max + 1n : BigInt(text);
    if (value <= uint64Max) return value;
    return this.#noNumber("uint64", name, failed("ParseUint", text, "value out of range"));
  }

  /** Refuses the request for a reason of the caller's. */
  refuse(complaint: string): void {
    this.#complaint ??= complaint;
  }

  #noNumber(kind: string, name: string, why: string): bigint {
    this.#complain(`${kind} for '${name}': ${why}`);
    return 0n;
  }

  #complain(of: string): void {
    this.refuse(`Error decoding ${of}`);
  }
}

function failed(by: string, text: string, why = "invalid syntax"): string {
  const quoted = Buffer.from(quote(Buffer.from(text, "utf8").latin1Slice()), "latin1").utf8Slice();
  return `strconv.${by}: parsing ${quoted}: ${why}`;
}

/** The first value of each name counts; what is not well encoded is passed over. */
function parseQuery(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const at = pair.indexOf("=");
    const name = unescaped(at === -1 ? pair : pair.slice(0, at));
    const value = unescaped(at === -1 ? "" : pair.slice(at + 1));
    if (name !== undefined && value !== undefined && !values.has(name)) values.set(name, value);
  }
  return values;
}

function unescaped(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = text
    .replaceAll("+", " ")
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").utf8Slice();
}
