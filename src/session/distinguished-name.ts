// Distinguished names as people write them ("CN=ada,OU=looms,O=mill"), and when two of them mean the same.
// [nats-server internal/ldap/dn.go, RFC 4514]

export interface NamedValue {
  readonly type: string;
  readonly value: string;
}

/** From the most particular part to the most general; a part has one value or several. */
export type DistinguishedName = readonly (readonly NamedValue[])[];

const typeNames: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.17", "POSTALCODE"],
  ["0.9.2342.19200300.100.1.25", "DC"],
]);

/** The written name of an attribute's object identifier, if it has one. */
export function typeName(identifier: string): string | undefined {
  return typeNames.get(identifier);
}

const escapable = ' "#+,;<=>\\';

/** Undefined where the text is no distinguished name, or one with values in BER. */
export function parseName(text: string): DistinguishedName | undefined {
  const reader = new NameReader();
  const bytes = Buffer.from(text, "utf8").latin1Slice();
  for (let at = 0; at < bytes.length; at++) {
    const letter = bytes[at]!;
    if (letter !== "\\") {
      if (letter === "=" && bytes[at + 1] === "#") return undefined;
      if (!reader.take(letter)) return undefined;
      continue;
    }
    const next = bytes[at + 1];
    if (next !== undefined && escapable.includes(next)) {
      reader.add(next);
      at++;
    } else {
      const code = bytes.slice(at + 1, at + 3);
      if (!/^[0-9a-f]{2}$/i.test(code)) return undefined;
      reader.add(String.fromCharCode(Number.parseInt(code, 16)));
      at += 2;
    }
  }
  return reader.end();
}

class NameReader {
  readonly #parts: NamedValue[][] = [];
  #part: NamedValue[] = [];
  #type = "";
  #text = "";
  /** Blanks at the end that were not escaped. */
  #trailing = 0;

  /** An escaped letter. */
  add(letter: string): void {
    this.#text += letter;
    this.#trailing = 0;
  }

  /** An unescaped one; false where it cannot stand. */
  take(letter: string): boolean {
    if (letter === "=") {
      this.#type = this.#cut();
    } else if (letter === "," || letter === "+") {
      if (this.#type === "") return false;
      this.#endValue();
      if (letter === ",") this.#endPart();
    } else if (letter === " ") {
      if (this.#text === "") return true;
      this.#text += letter;
      this.#trailing++;
    } else {
      this.add(letter);
    }
    return true;
  }

  end(): DistinguishedName | undefined {
    if (this.#text === "") return this.#parts;
    if (this.#type === "") return undefined;
    this.#endValue();
    this.#endPart();
    return this.#parts;
  }

  #endValue(): void {
    this.#part.push({ type: this.#type, value: Buffer.from(this.#cut(), "latin1").toString("utf8") });
    this.#type = "";
  }

  #endPart(): void {
    this.#parts.push(this.#part);
    this.#part = [];
  }

  #cut(): string {
    const text = this.#text.slice(0, this.#text.length - this.#trailing);
    this.#text = "";
    this.#trailing = 0;
    return text;
  }
}

export function equalNames(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && a.every((part, at) => equalParts(part, b[at]!));
}

/** The same parts in any order. */
export function sameParts(a: DistinguishedName, b: DistinguishedName): boolean {
  if (a.length !== b.length) return false;
  const left = [...b];
  for (const part of a) {
    const at = left.findIndex((other) => equalParts(part, other));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

function equalParts(a: readonly NamedValue[], b: readonly NamedValue[]): boolean {
  const has = (values: readonly NamedValue[], wanted: NamedValue): boolean =>
    values.some((each) => sameType(each.type, wanted.type) && each.value === wanted.value);
  return a.length === b.length && a.every((value) => has(b, value)) && b.every((value) => has(a, value));
}

function sameType(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}
