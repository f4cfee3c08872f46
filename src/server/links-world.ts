// What accounts ask of the server around them when they pass messages to one another: who publishes, what time it is,
// and to be told of in the server's name.

import { gzipSync } from "node:zlib";
import type { Account, AccountSurroundings } from "../account/account.ts";
import { Message } from "../account/message.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Session } from "../session/session.ts";
import { clientInfo } from "../system/client-info.ts";
import { Desk, serverInfo } from "../system/desk.ts";
import { goJson } from "../system/go-json.ts";
import type { SubjectServer } from "../system/subject-server.ts";
import { timestamp } from "../system/timestamps.ts";
import { appendHeader } from "../wire/headers.ts";

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
    if (this.server !== undefined) new Desk(this.server, account).publish(subject, event);
  }

  /** Of the encodings that nats-server knows, gzip is spoken here; whoever accepts others gets none. */
  report(account: Account, subject: string, event: object, acceptEncoding: string): void {
    const { server } = this;
    if (server === undefined) return;
    const described = { server: serverInfo(server), ...event };
    if (!/gzip/i.test(acceptEncoding) || /snappy|s2/i.test(acceptEncoding)) {
      return this.tell(account, subject, described);
    }
    const headers = appendHeader(undefined, "Content-Encoding", "gzip");
    const body = Buffer.concat([headers, gzipSync(goJson(described))]);
    account.publish(new Message().set(subject, undefined, headers.length, body));
  }
}
