// Says what is wrong with a text that is no JSON, in the words of Go's scanner, for answers that quote them.
// [go encoding/json scanner.go]

/** Deeper nesting is refused. [go encoding/json maxNestingDepth] */
const depthMax = 10_000;

const unexpectedEnd = "unexpected end of JSON input";
const blanks = new Set([" ", "\t", "\n", "\r"]);
const escapable = new Set(["b", "f", "n", "r", "t", "\\", "/", '"']);

/** What the scanner waits for. */
type Place =
  | "value"
  | "first-value"
  | "key"
  | "first-key"
  | "colon"
  | "after-member"
  | "after-element"
  | "end";

/** Why a text is no JSON; undefined when it is. */
export function jsonFault(text: string): string | undefined {
  return new Scanner(text).fault();
}

class Scanner {
  readonly #text: string;
  readonly #open: ("{" | "[")[] = [];
  #at = 0;
  #place: Place = "value";

  constructor(text: string) {
    this.#text = text;
  }

  fault(): string | undefined {
    for (;;) {
      while (blanks.has(this.#text[this.#at] ?? "")) this.#at++;
      const letter = this.#text[this.#at];
      if (letter === undefined) return this.#place === "end" ? undefined : unexpectedEnd;
      const fault = this.#step(letter);
      if (fault !== undefined) return fault;
    }
  }

  #step(letter: string): string | undefined {
    switch (this.#place) {
      case "first-value":
        if (letter === "]") return this.#close();
        return this.#value(letter);
      case "value":
        return this.#value(letter);
      case "first-key":
        if (letter === "}") return this.#close();
        return this.#key(letter);
      case "key":
        return this.#key(letter);
      case "colon":
        if (letter !== ":") return invalid(letter, "after object key");
        return this.#go("value");
      case "after-member":
        if (letter === "}") return this.#close();
        return letter === "," ? this.#go("key") : invalid(letter, "after object key:value pair");
      case "after-element":
        if (letter === "]") return this.#close();
        return letter === "," ? this.#go("value") : invalid(letter, "after array element");
      case "end":
        return invalid(letter, "after top-level value");
    }
  }

  #go(place: Place): undefined {
    this.#at++;
    this.#place = place;
  }

  #close(): undefined {
    this.#at++;
    this.#open.pop();
    this.#settle();
  }

  /** A value is over: what may come depends on what is around it. */
  #settle(): undefined {
    const around = this.#open.at(-1);
    this.#place = around === undefined ? "end" : around === "{" ? "after-member" : "after-element";
  }

  #key(letter: string): string | undefined {
    if (letter !== '"') return invalid(letter, "looking for beginning of object key string");
    const fault = this.#string();
    this.#place = "colon";
    return fault;
  }

  #value(letter: string): string | undefined {
    if (letter === "{" || letter === "[") {
      if (this.#open.push(letter) > depthMax) return "exceeded max depth";
      return this.#go(letter === "{" ? "first-key" : "first-value");
    }
    const fault = this.#scalar(letter);
    if (fault === undefined) this.#settle();
    return fault;
  }

  #scalar(letter: string): string | undefined {
    if (letter === '"') return this.#string();
    if (letter === "t") return this.#literal("true");
    if (letter === "f") return this.#literal("false");
    if (letter === "n") return this.#literal("null");
    if (letter === "-" || isDigit(letter)) return this.#number();
    return invalid(letter, "looking for beginning of value");
  }

  #literal(word: string): string | undefined {
    for (const expected of word) {
      const letter = this.#text[this.#at];
      if (letter === undefined) return unexpectedEnd;
      if (letter !== expected) return invalid(letter, `in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
    return undefined;
  }

  #string(): string | undefined {
    for (this.#at++; ; this.#at++) {
      const letter = this.#text[this.#at];
      if (letter === undefined) return unexpectedEnd;
      if (letter === '"') break;
      if (letter < " ") return invalid(letter, "in string literal");
      if (letter === "\\") {
        const fault = this.#escape();
        if (fault !== undefined) return fault;
      }
    }
    this.#at++;
    return undefined;
  }

  #escape(): string | undefined {
    const letter = this.#text[++this.#at];
    if (letter === undefined) return unexpectedEnd;
    if (escapable.has(letter)) return undefined;
    if (letter !== "u") return invalid(letter, "in string escape code");
    for (let digits = 0; digits < 4; digits++) {
      const digit = this.#text[++this.#at];
      if (digit === undefined) return unexpectedEnd;
      if (!/[0-9A-Fa-f]/.test(digit)) return invalid(digit, "in \\u hexadecimal character escape");
    }
    return undefined;
  }

  #number(): string | undefined {
    if (this.#text[this.#at] === "-") {
      this.#at++;
      const fault = this.#needDigit("in numeric literal");
      if (fault !== undefined) return fault;
    }
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      const fault = this.#needDigit("after decimal point in numeric literal");
      if (fault !== undefined) return fault;
      this.#digits();
    }
    if (this.#text[this.#at] !== "e" && this.#text[this.#at] !== "E") return undefined;
    this.#at++;
    if (this.#text[this.#at] === "+" || this.#text[this.#at] === "-") this.#at++;
    const fault = this.#needDigit("in exponent of numeric literal");
    if (fault === undefined) this.#digits();
    return fault;
  }

  #needDigit(where: string): string | undefined {
    const letter = this.#text[this.#at];
    if (letter === undefined) return unexpectedEnd;
    return isDigit(letter) ? undefined : invalid(letter, where);
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? "")) this.#at++;
  }
}

function isDigit(letter: string): boolean {
  return letter >= "0" && letter <= "9";
}

/** Go looks at bytes: of a letter beyond ASCII it names the first one, as if that were a letter. */
function invalid(letter: string, where: string): string {
  const [byte = 0] = Buffer.from(letter, "utf8");
  const shown = String.fromCharCode(byte);
  const printable = byte >= 0x20 && byte !== 0x7f && !(byte >= 0x80 && byte <= 0xa0) && byte !== 0xad;
  if (letter === "'") return `invalid character '\\'' ${where}`;
  if (letter === "\\") return `invalid character '\\\\' ${where}`;
  if (printable) return `invalid character '${shown}' ${where}`;
  return `invalid character ${escapedByte(byte)} ${where}`;
}

const shortEscapes = ["\\a", "\\b", "\\t", "\\n", "\\v", "\\f", "\\r"];

function escapedByte(byte: number): string {
  const short = shortEscapes[byte - 7];
  if (short !== undefined) return `'${short}'`;
  const hex = byte.toString(16);
  return byte < 0x80 ? `'\\x${hex.padStart(2, "0")}'` : `'\\u${hex.padStart(4, "0")}'`;
}
