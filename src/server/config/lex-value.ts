// Cuts one value out of a configuration text: quoted and bare texts, blocks, numbers, sizes, dates, addresses.
// [nats-server conf/lex.go lexValue]
import { type Cursor, code, isOneOf } from "./cursor.ts";
import { endCode, isBlank, isDigit, isLineEnd, isSizeLetter, shown, textOf } from "./rune.ts";

const comma = code(",");
const semicolon = code(";");
const mapOpen = code("{");
const mapClose = code("}");
const listOpen = code("[");
const listClose = code("]");
const blockOpen = code("(");
const blockClose = code(")");
const single = code("'");
const double = code('"');
const backslash = code("\\");
const minus = code("-");
const dot = code(".");
const hexEscape = code("x");
const sizeTail = [code("b"), code("B"), code("i"), code("I")];
const dateAfterYear = "00-00T00:00:00Z";
const booleans = new Set(["true", "false", "on", "off", "yes", "no"]);
const escapes = new Map([
  [code("t"), "\t"],
  [code("n"), "\n"],
  [code("r"), "\r"],
  [double, '"'],
  [backslash, "\\"],
]);

/** Reads one value. Answers "list" or "map" if what it read was only an opening bracket. */
export function lexValue(cursor: Cursor): "list" | "map" | undefined {
  let r = cursor.read();
  for (; isBlank(r); r = cursor.read()) cursor.skip();
  if (r === listOpen || r === mapOpen) {
    cursor.skip();
    cursor.emit(r === listOpen ? "list-start" : "map-start");
    return r === listOpen ? "list" : "map";
  }
  lexScalar(cursor, r);
  return undefined;
}

function lexScalar(cursor: Cursor, r: number) {
  if (r === single || r === double || r === blockOpen) cursor.skip();
  if (r === single) {
    if (!cursor.emitUntilQuote("text", single)) cursor.end();
  } else if (r === double) lexDoubleQuoted(cursor);
  else if (r === blockOpen) lexBlock(cursor);
  else if (r === minus) lexNegative(cursor);
  else if (isDigit(r)) lexNumber(cursor);
  else if (r === dot) cursor.fail("Floats must start with a digit");
  else if (isLineEnd(r)) cursor.fail("Expected value but found new line");
  else {
    cursor.unread();
    lexBareText(cursor);
  }
}

/** The character after the value was just read: gives it back and emits the value. */
function done(cursor: Cursor, kind: "integer" | "float" | "text") {
  cursor.unread();
  cursor.emit(kind);
}

function lexDoubleQuoted(cursor: Cursor) {
  for (let r = cursor.read(); r !== double; r = cursor.read()) {
    if (r === endCode) return cursor.end();
    if (r === backslash && !lexEscape(cursor)) return;
  }
  cursor.emitBeforeQuote("text");
}

/** A text without quotes, which may turn out to be a boolean or a variable. */
function lexBareText(cursor: Cursor) {
  for (let r = cursor.read(); ; r = cursor.read()) {
    if (r === backslash) {
      if (!lexEscape(cursor)) return;
    } else if (r === single) {
      return cursor.emitBeforeQuote("text");
    } else if (isLineEnd(r) || isBlank(r) || isOneOf(r, endCode, semicolon, comma, listClose, mapClose)) {
      break;
    }
  }
  cursor.unread();
  if (cursor.hasEscapes) return cursor.emit("text");
  if (booleans.has(cursor.pending.toLowerCase())) return cursor.emit("boolean");
  if (!cursor.pending.startsWith("$")) return cursor.emit("text");
  cursor.skipFirst();
  cursor.emit("variable");
}

/** After a backslash: keeps what it stands for. False after an error. */
function lexEscape(cursor: Cursor): boolean {
  cursor.keepBeforeEscape();
  const r = cursor.read();
  if (r === hexEscape) return lexHexByte(cursor);
  const meaning = escapes.get(r);
  if (meaning === undefined) {
    cursor.fail(
      `Invalid escape character '${shown(r)}'. Only the following escape characters are allowed: ` +
        '\\xXX, \\t, \\n, \\r, \\", \\\\.',
    );
    return false;
  }
  cursor.replaceEscape(meaning);
  return true;
}

function lexHexByte(cursor: Cursor): boolean {
  for (let digit = 0; digit < 2; digit++) {
    if (!isLineEnd(cursor.read())) continue;
    cursor.fail("Expected two hexadecimal digits after '\\x', but hit end of line");
    return false;
  }
  const digits = cursor.last(2);
  if (!/^[0-9a-fA-F]{2}$/.test(digits)) {
    cursor.fail(`Expected two hexadecimal digits after '\\x', but got '${textOf(digits)}'`);
    return false;
  }
  cursor.replaceEscape(String.fromCharCode(Number.parseInt(digits, 16)));
  return true;
}

/** A text between `(` and a `)` that stands alone on its line. */
function lexBlock(cursor: Cursor) {
  for (let r = cursor.read(); r !== endCode; r = cursor.read()) {
    if (r !== blockClose) continue;
    cursor.unread();
    cursor.unread();
    const opensLine = cursor.read() === 0x0a;
    cursor.read();
    if (!opensLine) continue;
    const after = cursor.read();
    cursor.unread();
    if (after !== 0x0a && after !== endCode) continue;
    // At the very end of a text nats-server steps back by nothing, so the `)` becomes part of the value.
    cursor.unread();
    cursor.emit("text");
    cursor.read();
    return cursor.skip();
  }
  cursor.fail("Unexpected EOF processing block.");
}

function lexNegative(cursor: Cursor) {
  let r = cursor.read();
  if (!isDigit(r)) {
    return cursor.fail(
      r === dot ? "Floats must start with a digit, not '.'." : `Expected a digit but got '${shown(r)}'.`,
    );
  }
  while (isDigit(r)) r = cursor.read();
  if (r === dot) return lexFraction(cursor);
  if (isSizeLetter(r)) return lexSize(cursor);
  done(cursor, "integer");
}

/** Something that begins with a digit: a number, a date, an address, or a text after all. */
function lexNumber(cursor: Cursor) {
  let r = cursor.read();
  while (isDigit(r)) r = cursor.read();
  if (r === minus) {
    if (cursor.pending.length === 5) return lexDate(cursor);
    return cursor.fail("All ISO8601 dates must be in full Zulu form.");
  }
  if (r === dot) return lexFraction(cursor);
  if (isSizeLetter(r)) return lexSize(cursor);
  if (isLineEnd(r) || isBlank(r) || isOneOf(r, endCode, mapClose, semicolon, comma))
    return done(cursor, "integer");
  // The character just read belongs to the text, even a closing bracket: `[1]` never ends. nats-server does so too.
  lexBareText(cursor);
}

function lexSize(cursor: Cursor) {
  let r = cursor.read();
  while (sizeTail.includes(r)) r = cursor.read();
  cursor.unread();
  const ends = isLineEnd(r) || isBlank(r) || isOneOf(r, endCode, mapClose, semicolon, comma);
  if (ends) cursor.emit("integer");
  else lexBareText(cursor);
}

function lexDate(cursor: Cursor) {
  for (const expected of dateAfterYear) {
    const r = cursor.read();
    if (expected === "0") {
      if (!isDigit(r)) {
        return cursor.fail(`Expected digit in ISO8601 datetime, but found '${shown(r)}' instead.`);
      }
    } else if (r !== code(expected)) {
      return cursor.fail(`Expected '${expected}' in ISO8601 datetime, but found '${shown(r)}' instead.`);
    }
  }
  cursor.emit("date");
}

function lexFraction(cursor: Cursor) {
  let r = cursor.read();
  if (!isDigit(r)) {
    return cursor.fail(`Floats must have a digit after the '.', but got '${shown(r)}' instead.`);
  }
  while (isDigit(r)) r = cursor.read();
  if (r !== dot) return done(cursor, "float");
  do r = cursor.read();
  while (isDigit(r) || isOneOf(r, dot, code(":"), minus));
  done(cursor, "text");
}
