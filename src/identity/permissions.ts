// What a user may publish and subscribe to, compiled from lists of subjects for quick answers.
// [nats-server client.go setPermissions, pubAllowedFullCheck, canSubscribe, checkDenySub]

import type { PermissionClaims } from "./fields.ts";
import { Rules } from "./rules.ts";

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
  /** Undefined: everything that is not denied. An empty list allows nothing to publishers, everything to subscribers. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

export interface ResponseLimits {
  /** Messages to each reply; negative: any number. 0 stands for the default. */
  readonly max: number;
  /** Negative: for ever. 0 stands for the default. */
  readonly expiresMs: number;
}

export class Permissions {
  readonly responses: ResponseLimits | undefined;
  readonly #publishAllow: Rules | undefined;
  readonly #publishDeny: Rules;
  readonly #subscribeAllow: Rules | undefined;
  readonly #subscribeDeny: Rules;
  #publishAnswers: Map<string, boolean> | undefined;
  #deliveryAnswers: Map<string, boolean> | undefined;

  constructor({ publish, subscribe, responses }: PermissionLists) {
    this.responses = responseDefaults(responses);
    // Being allowed to respond takes away being allowed everything.
    const publishAllow = publish?.allow ?? (responses === undefined ? undefined : []);
    this.#publishAllow = publishAllow && new Rules(publishAllow, "publish-allow");
    this.#publishDeny = new Rules(publish?.deny ?? [], "publish-deny");
    const subscribeAllow = subscribe?.allow ?? [];
    this.#subscribeAllow = subscribeAllow.length === 0 ? undefined : new Rules(subscribeAllow, "subscribe");
    this.#subscribeDeny = new Rules(subscribe?.deny ?? [], "subscribe");
  }

  /** Equal for sets that answer every question alike, being written alike. */
  get key(): string {
    return JSON.stringify([this.publishKey, this.#subscribeAllow?.texts(), this.#subscribeDeny.texts()]);
  }

  /** Equal for equal publish permissions. */
  get publishKey(): string {
    return JSON.stringify([this.#publishAllow?.texts(), this.#publishDeny.texts(), this.responses]);
  }

  /** The lists in force, as `$SYS.REQ.USER.INFO` shows them. [nats-server client.go publicPermissions] */
  get published(): object {
    const { responses } = this;
    return {
      publish: shown(this.#publishAllow, this.#publishDeny),
      subscribe: shown(this.#subscribeAllow, this.#subscribeDeny),
      ...(responses && { responses: { max: responses.max, ttl: responses.expiresMs * nsPerMs } }),
    };
  }

  /** `subject` as published, wildcards taken literally. */
  canPublish(subject: string): boolean {
    this.#publishAnswers ??= new Map();
    const known = this.#publishAnswers.get(subject);
    if (known !== undefined) return known;
    const allowed = this.#publishAllow?.match(subject) ?? true;
    return remember(this.#publishAnswers, subject, allowed && !this.#publishDeny.match(subject));
  }

  /** A pattern that only overlaps what is denied may be subscribed to: see {@link deniesDelivery}. */
  canSubscribe(pattern: string, queue: string | undefined): boolean {
    const allowed = this.#subscribeAllow?.allows(pattern, queue) ?? true;
    return allowed && !this.#subscribeDeny.denies(pattern, queue);
  }

  /**
   * Whether a message to `subject` must be kept from a subscription: a wildcard subscription may overlap what is
   * denied, and each message is then looked at.
   */
  deniesDelivery(subject: string, queue: string | undefined): boolean {
    if (this.#subscribeDeny.isEmpty) return false;
    this.#deliveryAnswers ??= new Map();
    const key = queue === undefined ? subject : `${subject} ${queue}`;
    const known = this.#deliveryAnswers.get(key);
    return known ?? remember(this.#deliveryAnswers, key, this.#subscribeDeny.denies(subject, queue));
  }
}

/** The permissions that claims state; an account's defaults where a user's state none. Undefined: anything goes. */
export function permissionsOf(user: PermissionClaims, defaults: PermissionClaims): Permissions | undefined {
  const claims = statesAnything(user) ? user : defaults;
  if (!statesAnything(claims)) return undefined;
  const { pub, sub, resp } = claims;
  return new Permissions({
    publish: states(pub) ? pub : undefined,
    subscribe: states(sub) ? sub : undefined,
    responses: resp && { max: resp.max, expiresMs: resp.ttl / nsPerMs },
  });
}

/** In a JWT two empty lists say nothing; an empty one beside one that is not says that it is empty. */
function states({ allow, deny }: SubjectLists): boolean {
  return (allow ?? []).length > 0 || (deny ?? []).length > 0;
}

function statesAnything({ pub, sub, resp }: PermissionClaims): boolean {
  return resp !== undefined || states(pub) || states(sub);
}

function responseDefaults(limits: ResponseLimits | undefined): ResponseLimits | undefined {
  if (limits === undefined) return undefined;
  return {
    max: limits.max === 0 ? responsesMaxDefault : limits.max,
    expiresMs: limits.expiresMs === 0 ? responsesExpireMsDefault : limits.expiresMs,
  };
}

/** Keeps an answer for as many questions as are kept. */
function remember(answers: Map<string, boolean>, question: string, answer: boolean): boolean {
  if (answers.size >= answersMax) answers.clear();
  answers.set(question, answer);
  return answer;
}

function shown(allow: Rules | undefined, deny: Rules): object {
  return {
    ...(allow === undefined || allow.isEmpty ? {} : { allow: allow.texts() }),
    ...(deny.isEmpty ? {} : { deny: deny.texts() }),
  };
}
