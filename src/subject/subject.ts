// The grammar of subjects: which texts are subjects, which are patterns, and how they fall into tokens.

const dot = 0x2e;
const star = 0x2a;
const greater = 0x3e;

/** The control line's default limit, which is what bounds a subject that came over the wire. [nats-server const.go MAX_CONTROL_LINE_SIZE] */
export const subjectBytesMax = 4096;

/** What `max_sub_tokens` may be set to; without it the control line is the only bound. [nats-server opts.go] */
export const tokensConfigurableMax = 255;

/**
 * Whether a text can be subscribed to: tokens that are not empty and hold no blank, `>` only as the last one.
 * Takes wire text or Unicode text alike. [nats-server sublist.go IsValidSubject]
 */
export function isValidPattern(text: string): boolean {
  const length = text.length;
  let start = 0;
  for (let at = 0; at <= length; at++) {
    const code = at === length ? dot : text.charCodeAt(at);
    if (code === dot) {
      if (at === start) return false;
      if (at - start === 1 && text.charCodeAt(start) === greater && at !== length) return false;
      start = at + 1;
    } else if (isBlank(code)) {
      return false;
    }
  }
  return true;
}

/** Whether a text can be published to and stored: a valid pattern without wildcards. [nats-server sublist.go IsValidPublishSubject] */
export function isValidSubject(text: string): boolean {
  return isValidPattern(text) && isLiteral(text);
}

/**
 * Whether no whole token is `*` or `>`; `foo*` is literal. Does not look at validity: a `>` token that is not
 * the last one counts as a wildcard here too. [nats-server sublist.go subjectIsLiteral]
 */
export function isLiteral(text: string): boolean {
  const length = text.length;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (
      (code === star || code === greater) &&
      (at === 0 || text.charCodeAt(at - 1) === dot) &&
      (at + 1 === length || text.charCodeAt(at + 1) === dot)
    ) {
      return false;
    }
  }
  return true;
}

/**
 * Whether a trie can hold the text: no empty token, `>` only last. Blanks are allowed, because names of accounts
 * become tokens of internal subjects. [nats-server sublist.go Insert]
 */
export function isWellFormed(text: string): boolean {
  const length = text.length;
  let start = 0;
  for (let at = 0; at <= length; at++) {
    if (at !== length && text.charCodeAt(at) !== dot) continue;
    if (at === start) return false;
    if (at - start === 1 && text.charCodeAt(start) === greater && at !== length) return false;
    start = at + 1;
  }
  return true;
}

/** Whether some token is empty: such a subject reaches nobody, and that is all that routing asks of it. */
export function hasEmptyToken(text: string): boolean {
  const length = text.length;
  return (
    length === 0 ||
    text.charCodeAt(0) === dot ||
    text.charCodeAt(length - 1) === dot ||
    text.indexOf("..") !== -1
  );
}

export function tokens(text: string): string[] {
  return text.split(".");
}

/** How many tokens a text has; 0 for the empty text. [nats-server sublist.go numTokens] */
export function countTokens(text: string): number {
  if (text.length === 0) return 0;
  let count = 1;
  for (let at = text.indexOf("."); at !== -1; at = text.indexOf(".", at + 1)) count++;
  return count;
}

/** The token at a place counted from 0, or "" when there are fewer; allocates only that token. */
export function tokenAt(text: string, place: number): string {
  let start = 0;
  for (let seen = 0; seen < place; seen++) {
    const at = text.indexOf(".", start);
    if (at === -1) return "";
    start = at + 1;
  }
  const end = text.indexOf(".", start);
  return end === -1 ? text.slice(start) : text.slice(start, end);
}

/** Unicode text as wire text: one character per byte of its UTF-8 form. */
export function toWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** Wire text as Unicode text, for JSON; bytes that are not UTF-8 become U+FFFD. */
export function fromWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d;
}
