// What a server has done since it started: traffic, connections lost for being slow or silent. Nothing here ever shrinks.

import type { Account } from "../account/account.ts";
import type { Counts, SessionFacts } from "../session/facts.ts";

export interface Traffic {
  readonly received: Counts;
  readonly sent: Counts;
}

export class Totals {
  /** Of sessions that are gone. */
  readonly #gone: Traffic = { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } };
  readonly #slowByAccount = new WeakMap<Account, number>();
  readonly #httpRequests = new Map<string, number>();
  #slowConsumers = 0;
  #staleConnections = 0;
  #sequence = 0;
  #goneStalls = 0;

  get slowConsumers(): number {
    return this.#slowConsumers;
  }

  get staleConnections(): number {
    return this.#staleConnections;
  }

  slowConsumersOf(account: Account): number {
    return this.#slowByAccount.get(account) ?? 0;
  }

  /** Requests by path; paths are those of the endpoints there are. */
  get httpRequests(): ReadonlyMap<string, number> {
    return this.#httpRequests;
  }

  countRequest(path: string): void {
    this.#httpRequests.set(path, (this.#httpRequests.get(path) ?? 0) + 1);
  }

  /** The number of the server's next message to the system account. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** A session is over: what it did stays. */
  retire(session: SessionFacts, reason: string): void {
    add(this.#gone, session);
    this.#goneStalls += session.stalls;
    if (reason === "Stale Connection") this.#staleConnections++;
    if (reason.startsWith("Slow Consumer")) this.countSlow(session);
  }

  /** A session was too slow, and is gone or has another chance. */
  countSlow(session: SessionFacts): void {
    const account = session.identity?.account;
    this.#slowConsumers++;
    if (account !== undefined) this.#slowByAccount.set(account, this.slowConsumersOf(account) + 1);
  }

  /** How often anybody was held up for who read too slowly; `live` are the sessions there are. */
  stalledClients(live: Iterable<SessionFacts>): number {
    let stalls = this.#goneStalls;
    for (const session of live) stalls += session.stalls;
    return stalls;
  }

  /** All traffic with clients there has ever been; `live` are the sessions there are. */
  traffic(live: Iterable<SessionFacts>): Traffic {
    return trafficWith(this.#gone, live);
  }
}

/** `before` and what these sessions did. */
export function trafficWith(before: Traffic, live: Iterable<SessionFacts>): Traffic {
  const sum: Traffic = { received: { ...before.received }, sent: { ...before.sent } };
  for (const session of live) add(sum, session);
  return sum;
}

function add({ received, sent }: Traffic, session: Pick<SessionFacts, "received" | "sent">): void {
  received.messages += session.received.messages;
  received.bytes += session.received.bytes;
  sent.messages += session.sent.messages;
  sent.bytes += session.sent.bytes;
}
