// Permission sets and the traffic that tries them, from a seed: few words, so that allowing, denying, subscribing and
// publishing meet often.
import { type Chance, chanceOf } from "../world/chance.ts";

export interface SubjectSet {
  /** Undefined: nothing is said. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[] | undefined;
}

export interface PermissionSet {
  readonly publish: SubjectSet;
  readonly subscribe: SubjectSet;
  /** Answers allowed to each reply; undefined: no answering. */
  readonly responses: number | undefined;
}

export interface Subscribing {
  readonly pattern: string;
  readonly queue: string | undefined;
}

export interface Trial {
  readonly seed: number;
  readonly permissions: PermissionSet;
  /** Each queue once, so that nothing depends on which of its members is picked. */
  readonly subscriptions: readonly Subscribing[];
  /** What others publish, to a reply of its own each. */
  readonly heard: readonly string[];
  /** What the user publishes, answers included. */
  readonly said: readonly string[];
}

const words = ["a", "b", "c"];
const queues = ["q", "r", "q.1", "q.2", "s"];
const queuePatterns = [...queues, "q.*", "*", ">", "*.1", "t"];
/** Beside ordinary ones: wildcards taken literally, empty tokens, tokens that only look like wildcards. */
const oddSubjects = ["a.*", "a.>", ">", "*", "a..b", ".a", "b.", "a*", "*.b"];
/** Which may not be subscribed to, or are literal against their looks. */
const oddPatterns = ["a..b", "a.>.b", ">.a", ".a", "a.", "a*", "*.b*", "a.**"];

export function trialOf(seed: number): Trial {
  const chance = chanceOf(seed);
  const entries = (withQueues: boolean): readonly string[] | undefined =>
    chance.below(5) < 2 ? undefined : many(chance, 4, () => entry(chance, withQueues));
  const permissions: PermissionSet = {
    publish: { allow: entries(false), deny: entries(false) },
    subscribe: { allow: entries(true), deny: entries(true) },
    responses: chance.below(4) === 0 ? chance.pick([1, 2, -1]) : undefined,
  };
  const free = [...queues];
  // With answers allowed, one subscription: nats-server takes a second delivery of one message for an answer given.
  const subscriptions = many(chance, permissions.responses === undefined ? 8 : 1, () => {
    const queue =
      chance.below(2) === 0 && free.length > 0 ? free.splice(chance.below(free.length), 1)[0] : undefined;
    return { pattern: chance.below(15) === 0 ? chance.pick(oddPatterns) : pattern(chance), queue };
  });
  const heard = Array.from({ length: 12 }, () => subject(chance));
  const said = Array.from({ length: 12 }, () =>
    chance.below(3) === 0 ? replyTo(chance.below(heard.length)) : subject(chance),
  );
  return { seed, permissions, subscriptions, heard, said };
}

export function replyTo(place: number): string {
  return `answers.${place}`;
}

/** The set as the value of `permissions` in a configuration. */
export function configured({ publish, subscribe, responses }: PermissionSet): string {
  const list = (name: string, entries: readonly string[] | undefined): string[] =>
    entries === undefined ? [] : [`${name}: ${JSON.stringify(entries)}`];
  const part = (name: string, { allow, deny }: SubjectSet): string[] => {
    const said = [...list("allow", allow), ...list("deny", deny)];
    return said.length === 0 ? [] : [`${name}: { ${said.join(", ")} }`];
  };
  const answering = responses === undefined ? [] : [`allow_responses: { max: ${responses}, expires: "5m" }`];
  return `{ ${[...part("publish", publish), ...part("subscribe", subscribe), ...answering].join(", ")} }`;
}

function entry(chance: Chance, withQueues: boolean): string {
  const subject = pattern(chance);
  return withQueues && chance.below(3) === 0 ? `${subject} ${chance.pick(queuePatterns)}` : subject;
}

function pattern(chance: Chance): string {
  const tokens = many(chance, 3, () => chance.pick([...words, "*", "*"]));
  return (chance.below(4) === 0 ? [...tokens.slice(1), ">"] : tokens).join(".");
}

function subject(chance: Chance): string {
  if (chance.below(10) === 0) return chance.pick(oddSubjects);
  return many(chance, 3, () => chance.pick(words)).join(".");
}

/** At least one. */
function many<T>(chance: Chance, max: number, make: () => T): T[] {
  return Array.from({ length: 1 + chance.below(max) }, make);
}
