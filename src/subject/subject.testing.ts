// Subjects and patterns small enough to enumerate, and the matcher that is too simple to be wrong. For tests only.

import fc from "fast-check";

const words = ["a", "b", "ab"];

/** Every subject of up to four tokens over three words; a fresh word "x" stands for all the others. */
export const subjectsOf: readonly string[] = [1, 2, 3, 4].flatMap((length) =>
  product([...words, "x"], length),
);

export const aSubject = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("."));

/** Up to three tokens, so that `>` always has a longer subject to match among {@link subjectsOf}. */
export const aPattern = fc
  .tuple(
    fc.array(fc.constantFrom("*", ...words), { minLength: 0, maxLength: 3 }),
    fc.boolean(),
    fc.constantFrom("*", ...words),
  )
  .map(([parts, open, last]) => [...parts.slice(0, open ? 3 : 2), open ? ">" : last].join("."));

export function naiveMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  for (const [place, token] of wanted.entries()) {
    if (token === ">") return given.length > place;
    if (place >= given.length || (token !== "*" && token !== given[place])) return false;
  }
  return wanted.length === given.length;
}

function product(parts: readonly string[], length: number): string[] {
  if (length === 1) return [...parts];
  return product(parts, length - 1).flatMap((head) => parts.map((tail) => `${head}.${tail}`));
}
