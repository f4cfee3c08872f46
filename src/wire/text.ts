// Wire text: subjects, queues, replies and sids as strings of one character per byte, so that any bytes come out of the
// broker as they went in. Unicode text (JSON, configuration) is converted where it enters or leaves.

// Every Node Buffer has these, and the type definitions do not name them.
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    utf8Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
}

/** Without the blanks and tabs around it. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === " " || text[start] === "\t")) start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}
