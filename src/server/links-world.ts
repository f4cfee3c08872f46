// What accounts ask of the server around them when they pass messages to one another: who publishes, what time it is,
// and to be told of in the server's name.

import type { Account, AccountSurroundings } from "../account/account.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Session } from "../session/session.ts";
import { clientInfo } from "../system/client-info.ts";
import { publishEncoded, publishIn, readsGzip, serverInfo } from "../system/desk.ts";
import type { SubjectServer } from "../system/subject-server.ts";
import { timestamp } from "../system/timestamps.ts";

const nsPerMs = 1_000_000;

export class LinksWorld implements AccountSurroundings {
  readonly forwarder: Forwarder;
  readonly clock: Clock;
  readonly random: Random;
  readonly serverName: string;
  /** Known a moment later than the first accounts; no message is published before. */
  server: SubjectServer | undefined;

  constructor(forwarder: Forwarder, clock: Clock, random: Random, serverName: string) {
    this.forwarder = forwarder;
    this.clock = clock;
    this.random = random;
    this.serverName = serverName;
  }

  describe(origin: object, detailed: boolean): Record<string, unknown> | undefined {
    if (!(origin instanceof Session)) return undefined;
    const info = clientInfo(origin);
    const rtt = Math.round(origin.rttMs * nsPerMs);
    if (!detailed) return { acc: info.acc, rtt };
    // Events name the account here, services the user.
    return { ...info, rtt, name_tag: origin.identity?.nameTag, server: this.serverName };
  }

  stamp(ns: bigint): string {
    return timestamp(ns);
  }

  isSystem(account: Account): boolean {
    return account === this.server?.system;
  }

  tell(account: Account, subject: string, event: object): void {
    if (this.server !== undefined) publishIn(account, subject, event);
  }

  report(account: Account, subject: string, event: object, acceptEncoding: string): void {
    const { server } = this;
    if (server === undefined) return;
    const described = { server: serverInfo(server), ...event };
    if (readsGzip(acceptEncoding)) publishEncoded(account, subject, described, "gzip");
    else this.tell(account, subject, described);
  }
}
