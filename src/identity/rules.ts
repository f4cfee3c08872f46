// A list of subjects as permissions have it: patterns, of which some count for one queue group (or a pattern of
// groups) only. Short lists are walked through, long ones are kept as a tree.

import { Interest } from "../subject/interest.ts";
import { isSubset, matches } from "../subject/pattern.ts";
import { fromWire, hasEmptyToken, isLiteral, isValidPattern, toWire } from "../subject/subject.ts";

/** Beyond this many entries a walk costs more than a tree's memory. */
const walkedMax = 32;

/** Where a list stands, which decides what becomes of an entry that names a queue. */
export type ListKind = "publish-allow" | "publish-deny" | "subscribe";

interface Entry {
  readonly subject: string;
  readonly queue: string | undefined;
}

export class Rules {
  readonly #entries: readonly Entry[];
  readonly #tree: Interest<Entry> | undefined;

  /** Texts are Unicode. What is not valid is left out, as nats-server leaves it out. [nats-server client.go setPermissions] */
  constructor(texts: readonly string[], kind: ListKind) {
    this.#entries = texts.flatMap((text) => readEntry(text, kind) ?? []);
    if (this.#entries.length <= walkedMax) return;
    this.#tree = new Interest();
    for (const entry of this.#entries) this.#tree.insert(entry);
  }

  /** Whether an entry that names no queue matches; wildcards in `subject` are taken literally. */
  match(subject: string): boolean {
    return this.#find(subject).some(({ queue }) => queue === undefined);
  }

  /** Whether a subscription by `queue` is named: by an entry without a queue unless some entry names queues here. */
  allows(subject: string, queue: string | undefined): boolean {
    const found = this.#find(subject);
    const named = found.filter((entry) => entry.queue !== undefined);
    if (queue === undefined || named.length === 0) return named.length < found.length;
    return named.some((entry) => queueMatches(queue, entry.queue!));
  }

  /** Whether a subscription is named: by an entry without a queue, whoever it is, or by one with its own. */
  denies(subject: string, queue: string | undefined): boolean {
    return this.#find(subject).some(
      (entry) => entry.queue === undefined || (queue !== undefined && queueMatches(queue, entry.queue)),
    );
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** As Unicode texts, with one blank before a queue. */
  texts(): readonly string[] {
    return this.#entries.map(({ subject, queue }) =>
      fromWire(queue === undefined ? subject : `${subject} ${queue}`),
    );
  }

  #find(subject: string): readonly Entry[] {
    if (hasEmptyToken(subject)) return [];
    if (this.#tree === undefined) return this.#entries.filter((entry) => matches(entry.subject, subject));
    const { plain, groups } = this.#tree.match(subject);
    return [...plain, ...groups.flat()];
  }
}

function readEntry(text: string, kind: ListKind): Entry | undefined {
  const whole = toWire(text);
  if (kind === "publish-allow")
    return isValidPattern(whole) ? { subject: whole, queue: undefined } : undefined;
  const [subject = "", queue, ...more] = text
    .split(/[\s\u0085]+/u)
    .filter((part) => part !== "")
    .map(toWire);
  if (more.length > 0 || !isValidPattern(subject)) return undefined;
  if (queue !== undefined && !isValidPattern(queue)) return undefined;
  // One does not publish by queue: a denial that names one must not turn into nothing.
  return { subject, queue: kind === "publish-deny" ? undefined : queue };
}

/** A pattern of queues names all that it matches, and itself. */
function queueMatches(queue: string, pattern: string): boolean {
  return queue === pattern || (!isLiteral(pattern) && isSubset(queue, pattern));
}
