// What a pattern says about subjects and about other patterns. Compared in place, token by token, without allocating.
//
// Nothing here checks validity. An empty token is matched by nothing, and only a whole token `*` or `>` is a wildcard.

const dot = 0x2e;
const star = 0x2a;
const greater = 0x3e;

/**
 * Whether a message published to `subject` reaches a subscription to `pattern`. The subject's own tokens are taken
 * literally, `*` and `>` included, as a server that does not check what is published routes them.
 * [nats-server sublist.go matchLiteral]
 */
export function matches(pattern: string, subject: string): boolean {
  const patternLength = pattern.length;
  const subjectLength = subject.length;
  let p = 0;
  let s = 0;
  for (;;) {
    if (p >= patternLength || s >= subjectLength) return false;
    if (pattern.charCodeAt(p) === greater && p + 1 === patternLength) return true;

    const first = pattern.charCodeAt(p);
    if (first === star && isTokenEnd(pattern, p + 1)) {
      const start = s;
      while (s < subjectLength && subject.charCodeAt(s) !== dot) s++;
      if (s === start) return false;
      p++;
    } else {
      const start = p;
      while (p < patternLength && pattern.charCodeAt(p) !== dot) {
        if (pattern.charCodeAt(p) !== subject.charCodeAt(s)) return false;
        p++;
        s++;
      }
      if (p === start || !isTokenEnd(subject, s)) return false;
    }

    if (p === patternLength || s === subjectLength) return p === patternLength && s === subjectLength;
    p++;
    s++;
  }
}

/** Whether some subject matches both patterns. [nats-server sublist.go SubjectsCollide] */
export function overlaps(a: string, b: string): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    if (i >= a.length || j >= b.length) return false;
    const iEnd = tokenEnd(a, i);
    const jEnd = tokenEnd(b, j);
    if (iEnd === i || jEnd === j) return false;
    if (isRest(a, i, iEnd) || isRest(b, j, jEnd)) return true;
    if (!isStar(a, i, iEnd) && !isStar(b, j, jEnd) && !sameToken(a, i, iEnd, b, j, jEnd)) return false;

    if (iEnd === a.length || jEnd === b.length) return iEnd === a.length && jEnd === b.length;
    i = iEnd + 1;
    j = jEnd + 1;
  }
}

/** Whether every subject that matches `inner` matches `outer` as well. [nats-server sublist.go subjectIsSubsetMatch] */
export function isSubset(inner: string, outer: string): boolean {
  let i = 0;
  let o = 0;
  for (;;) {
    if (i >= inner.length || o >= outer.length) return false;
    const iEnd = tokenEnd(inner, i);
    const oEnd = tokenEnd(outer, o);
    if (iEnd === i || oEnd === o) return false;
    if (isRest(outer, o, oEnd)) return true;
    if (isRest(inner, i, iEnd)) return false;
    if (!isStar(outer, o, oEnd)) {
      if (isStar(inner, i, iEnd) || !sameToken(inner, i, iEnd, outer, o, oEnd)) return false;
    }

    if (iEnd === inner.length || oEnd === outer.length) return iEnd === inner.length && oEnd === outer.length;
    i = iEnd + 1;
    o = oEnd + 1;
  }
}

function tokenEnd(text: string, start: number): number {
  const end = text.indexOf(".", start);
  return end === -1 ? text.length : end;
}

function isTokenEnd(text: string, at: number): boolean {
  return at === text.length || text.charCodeAt(at) === dot;
}

function isStar(text: string, start: number, end: number): boolean {
  return end - start === 1 && text.charCodeAt(start) === star;
}

function isRest(text: string, start: number, end: number): boolean {
  return end - start === 1 && text.charCodeAt(start) === greater && end === text.length;
}

function sameToken(a: string, i: number, iEnd: number, b: string, j: number, jEnd: number): boolean {
  if (iEnd - i !== jEnd - j) return false;
  for (; i < iEnd; i++, j++) {
    if (a.charCodeAt(i) !== b.charCodeAt(j)) return false;
  }
  return true;
}
