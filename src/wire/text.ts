// Wire text: subjects, queues, replies and sids as strings of one character per byte, so that any bytes come out of the
// broker as they went in. Unicode text (JSON, configuration) is converted where it enters or leaves.

// Node has these methods since its first days and its type definitions do not name them. `toString` and `write` with an
// encoding do the same and are about a third slower on short texts, because they look the encoding up each time.
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    utf8Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
}

/** Unicode text as the broker holds it. */
export function toWireText(unicode: string): string {
  return Buffer.from(unicode, "utf8").latin1Slice();
}

/** Wire text as JSON or a log may show it; bytes that are no UTF-8 become U+FFFD. */
export function fromWireText(wireText: string): string {
  return Buffer.from(wireText, "latin1").utf8Slice();
}

/** Without the blanks and tabs around it. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === " " || text[start] === "\t")) start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}
