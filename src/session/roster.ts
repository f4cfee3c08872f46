// Who is connected: all live sessions of a server, by number and by account, and the last ones that are gone.

import type { Account, Traffic } from "../account/account.ts";
import type { Subscription } from "../account/subscription.ts";
import { type Counts, recordOf, type SessionFacts, type SessionRecord } from "./facts.ts";

/** A session that is over, as monitoring goes on showing it. */
export interface ClosedSession {
  readonly session: SessionRecord;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly stoppedAt: number;
  /** Those it had when it ended, at most `subscriptionsKept`. */
  readonly subscriptions: readonly EndedSubscription[];
}

/** A subscription, without those who held it. */
export type EndedSubscription = Pick<Subscription, "subject" | "queue" | "sid" | "messages" | "max">;

const subscriptionsKept = 1_024;

export class Roster<S extends SessionFacts> {
  readonly #sessions = new Map<number, S>();
  readonly #byAccount = new Map<Account, Set<S>>();
  readonly #closed: ClosedSession[] = [];
  readonly #closedMax: number;
  /** What a session had counted when it entered an account for a second time: the account before has that. */
  readonly #countsAtEntry = new Map<S, Pick<SessionRecord, "received" | "sent">>();
  #nextId = 0;
  #total = 0;

  constructor(closedMax: number) {
    this.#closedMax = closedMax;
  }

  /** A number for the next session; they count from 1 and are never reused. */
  newId(): number {
    return ++this.#nextId;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions there have ever been. */
  get total(): number {
    return this.#total;
  }

  get(id: number): S | undefined {
    return this.#sessions.get(id);
  }

  all(): Iterable<S> {
    return this.#sessions.values();
  }

  /** Live, admitted sessions of an account, oldest first. */
  of(account: Account): ReadonlySet<S> {
    return this.#byAccount.get(account) ?? empty;
  }

  /** Those that are gone, oldest first. */
  closed(): readonly ClosedSession[] {
    return this.#closed;
  }

  add(session: S): void {
    this.#sessions.set(session.id, session);
    this.#total++;
  }

  /** The session has an account now. */
  enter(session: S): void {
    const account = session.identity!.account;
    const { received, sent } = session;
    if (received.messages + sent.messages > 0) {
      this.#countsAtEntry.set(session, { received: { ...received }, sent: { ...sent } });
    }
    const there = this.#byAccount.get(account);
    if (there === undefined) this.#byAccount.set(account, new Set([session]));
    else there.add(session);
  }

  /** The session's account loses it; what it sent and received stays with the account. */
  leave(session: S): void {
    const account = session.identity?.account;
    if (account === undefined) return;
    const there = this.#byAccount.get(account);
    if (!there?.delete(session)) return;
    if (there.size === 0) this.#byAccount.delete(account);
    const before = this.#countsAtEntry.get(session);
    this.#countsAtEntry.delete(session);
    credit(account.received, session.received, before?.received);
    credit(account.sent, session.sent, before?.sent);
  }

  remove(session: S, reason: string, stoppedAt: number): void {
    if (!this.#sessions.delete(session.id)) return;
    this.leave(session);
    const subscriptions: EndedSubscription[] = [];
    for (const { subject, queue, sid, messages, max } of session.subscriptions()) {
      if (subscriptions.push({ subject, queue, sid, messages, max }) === subscriptionsKept) break;
    }
    this.#closed.push({ session: recordOf(session), reason, stoppedAt, subscriptions });
    if (this.#closed.length > this.#closedMax) this.#closed.shift();
  }
}

function credit(account: Traffic, session: Readonly<Counts>, before: Readonly<Counts> | undefined): void {
  account.messages += session.messages - (before?.messages ?? 0);
  account.bytes += session.bytes - (before?.bytes ?? 0);
}

const empty: ReadonlySet<never> = new Set();
