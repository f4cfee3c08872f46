// What a user may publish and subscribe to, compiled from lists of subjects for quick answers.
// [nats-server client.go setPermissions, pubAllowedFullCheck, canSubscribe, checkDenySub]

import { isSubset, matches, overlaps } from "../subject/pattern.ts";
import { isLiteral, isValidPattern, toWire } from "../subject/subject.ts";
import type { PermissionClaims } from "./fields.ts";

/** Defaults of `allow_responses` [nats-server const.go]. */
const responsesMaxDefault = 1;
const responsesExpireMsDefault = 120_000;
const nsPerMs = 1_000_000;
/** Answers remembered per set and question. */
const answersMax = 1_024;

/** Lists as written; texts are Unicode. */
export interface PermissionLists {
  readonly publish?: SubjectLists | undefined;
  readonly subscribe?: SubjectLists | undefined;
  readonly responses?: ResponseLimits | undefined;
}

export interface SubjectLists {
  /** Undefined: everything that is not denied. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

export interface ResponseLimits {
  /** Messages to each reply; negative: any number. 0 stands for the default. */
  readonly max: number;
  /** Negative: for ever. 0 stands for the default. */
  readonly expiresMs: number;
}

/** One entry: a pattern, perhaps for one queue group (or a pattern of groups) only. */
interface Entry {
  readonly subject: string;
  readonly queue: string | undefined;
}

export class Permissions {
  /** Equal for equal publish permissions. */
  readonly publishKey: string;
  readonly responses: ResponseLimits | undefined;
  /** The lists as `$SYS.REQ.USER.INFO` shows them. */
  readonly published: object;
  readonly #publishAllow: readonly Entry[] | undefined;
  readonly #publishDeny: readonly Entry[];
  readonly #subscribeAllow: readonly Entry[] | undefined;
  readonly #subscribeDeny: readonly Entry[];
  readonly #publishAnswers = new Map<string, boolean>();
  readonly #deliveryAnswers = new Map<string, boolean>();

  constructor(lists: PermissionLists) {
    const { publish, subscribe } = lists;
    this.responses = responseDefaults(lists.responses);
    // Being allowed to respond takes away being allowed everything.
    const publishAllow = publish?.allow ?? (this.responses === undefined ? undefined : []);
    this.#publishAllow = publishAllow === undefined ? undefined : entries(publishAllow);
    this.#publishDeny = entries(publish?.deny ?? []);
    const subscribeAllow = subscribe?.allow ?? [];
    this.#subscribeAllow = subscribeAllow.length === 0 ? undefined : entries(subscribeAllow);
    this.#subscribeDeny = entries(subscribe?.deny ?? []);
    this.publishKey = JSON.stringify([publishAllow, publish?.deny ?? [], this.responses]);
    this.published = shown(lists, publishAllow, this.responses);
  }

  /** `subject` as published, wildcards taken literally. */
  canPublish(subject: string): boolean {
    return remembered(this.#publishAnswers, subject, () => {
      const allowed = this.#publishAllow === undefined || matchesAny(this.#publishAllow, subject);
      return allowed && !matchesAny(this.#publishDeny, subject);
    });
  }

  canSubscribe(pattern: string, queue: string | undefined): boolean {
    return this.#subscriptionAllowed(pattern, queue) && !this.#denied(pattern, queue);
  }

  /**
   * Whether a message to `subject` must be kept from a subscription: a wildcard subscription may overlap what is
   * denied, and each message is then looked at.
   */
  deniesDelivery(subject: string, queue: string | undefined): boolean {
    if (this.#subscribeDeny.length === 0) return false;
    const key = queue === undefined ? subject : `${subject} ${queue}`;
    return remembered(this.#deliveryAnswers, key, () => this.#denied(subject, queue));
  }

  /** Whether some message that a subscription to `pattern` gets may be denied. */
  mayDeny(pattern: string): boolean {
    return this.#subscribeDeny.some(({ subject }) => overlaps(subject, pattern));
  }

  #subscriptionAllowed(pattern: string, queue: string | undefined): boolean {
    if (this.#subscribeAllow === undefined) return true;
    const matching = this.#subscribeAllow.filter((entry) => matches(entry.subject, pattern));
    const queues = matching.filter((entry) => entry.queue !== undefined);
    if (queue !== undefined && queues.length > 0)
      return queues.some((entry) => queueMatches(queue, entry.queue!));
    return queues.length < matching.length;
  }

  #denied(pattern: string, queue: string | undefined): boolean {
    return this.#subscribeDeny.some((entry) => {
      if (!matches(entry.subject, pattern)) return false;
      return entry.queue === undefined || (queue !== undefined && queueMatches(queue, entry.queue));
    });
  }
}

/** The permissions that claims state; an account's defaults where a user's state none. Undefined: anything goes. */
export function permissionsOf(user: PermissionClaims, defaults: PermissionClaims): Permissions | undefined {
  const claims = statesAnything(user) ? user : defaults;
  if (!statesAnything(claims)) return undefined;
  return new Permissions({
    publish: nonEmpty(claims.pub),
    subscribe: nonEmpty(claims.sub),
    responses:
      claims.resp === undefined ? undefined : { max: claims.resp.max, expiresMs: claims.resp.ttl / nsPerMs },
  });
}

/** In a JWT an empty list says nothing. */
function nonEmpty(lists: SubjectLists): SubjectLists {
  const stated = (list: readonly string[] | undefined): readonly string[] | undefined =>
    list === undefined || list.length === 0 ? undefined : list;
  return { allow: stated(lists.allow), deny: stated(lists.deny) };
}

function statesAnything({ pub, sub, resp }: PermissionClaims): boolean {
  const lists = [pub.allow, pub.deny, sub.allow, sub.deny];
  return resp !== undefined || lists.some((list) => list !== undefined && list.length > 0);
}

function responseDefaults(limits: ResponseLimits | undefined): ResponseLimits | undefined {
  if (limits === undefined) return undefined;
  return {
    max: limits.max === 0 ? responsesMaxDefault : limits.max,
    expiresMs: limits.expiresMs === 0 ? responsesExpireMsDefault : limits.expiresMs,
  };
}

/** Entries that are no patterns are left out, as nats-server leaves them out. */
function entries(texts: readonly string[]): readonly Entry[] {
  const found: Entry[] = [];
  for (const text of texts) {
    const [subject = "", queue, ...more] = toWire(text)
      .split(/[ \t]+/)
      .filter((part) => part !== "");
    if (isValidPattern(subject) && more.length === 0) found.push({ subject, queue });
  }
  return found;
}

function matchesAny(list: readonly Entry[], subject: string): boolean {
  return list.some((entry) => matches(entry.subject, subject));
}

function queueMatches(queue: string, pattern: string): boolean {
  return queue === pattern || (!isLiteral(pattern) && isSubset(queue, pattern));
}

/** An answer worked out once for each question, for as many questions as are kept. */
function remembered(answers: Map<string, boolean>, question: string, decide: () => boolean): boolean {
  const known = answers.get(question);
  if (known !== undefined) return known;
  const answer = decide();
  if (answers.size >= answersMax) answers.clear();
  answers.set(question, answer);
  return answer;
}

function shown(
  lists: PermissionLists,
  publishAllow: readonly string[] | undefined,
  responses: ResponseLimits | undefined,
): object {
  const part = (allow: readonly string[] | undefined, deny: readonly string[] | undefined): object => ({
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined || deny.length === 0 ? {} : { deny }),
  });
  const { publish, subscribe } = lists;
  return {
    ...(publish === undefined && responses === undefined
      ? {}
      : { publish: part(publishAllow, publish?.deny) }),
    ...(subscribe === undefined ? {} : { subscribe: part(subscribe.allow, subscribe.deny) }),
    ...(responses === undefined
      ? {}
      : { responses: { max: responses.max, ttl: responses.expiresMs * nsPerMs } }),
  };
}
