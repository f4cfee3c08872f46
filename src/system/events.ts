// What the server tells the system account without being asked: clients that come, go, or are turned away, and its own
// end. [nats-server events.go accountConnectEvent, accountDisconnectEvent, sendAuthErrorEvent, sendShutdownEvent]

import { globalAccountName } from "../account/directory.ts";
import type { SessionFacts } from "../session/facts.ts";
import { toWire } from "../subject/subject.ts";
import type { AccountConnections } from "./account-connections.ts";
import { clientInfo } from "./client-info.ts";
import { type Desk, publishIn, serverInfo } from "./desk.ts";
import { newEventId } from "./event-id.ts";
import { dataStats } from "./statsz.ts";
import type { SubjectServer } from "./subject-server.ts";
import { timestamp } from "./timestamps.ts";

export class Events {
  readonly #server: SubjectServer;
  readonly #desk: Desk;
  readonly #connections: AccountConnections;

  constructor(server: SubjectServer, desk: Desk, connections: AccountConnections) {
    this.#server = server;
    this.#desk = desk;
    this.#connections = connections;
  }

  admitted(session: SessionFacts): void {
    const { account } = session.identity!;
    this.#tell(`$SYS.ACCOUNT.${toWire(account.name)}.CONNECT`, "client_connect", () => ({
      client: clientInfo(session),
    }));
    this.#connections.tell(account);
  }

  closed(session: SessionFacts, reason: string): void {
    const account = toWire(session.identity!.account.name);
    this.#tell(`$SYS.ACCOUNT.${account}.DISCONNECT`, "client_disconnect", () =>
      this.#farewell(session, reason),
    );
  }

  late(session: SessionFacts): void {
    this.#server.totals.countSlow(session);
  }

  /** A session is no longer among those of its account, or of the server. */
  gone(session: SessionFacts, reason: string | undefined): void {
    if (reason !== undefined) this.#server.totals.retire(session, reason);
    if (session.identity !== undefined) this.#connections.tell(session.identity.account);
  }

  /** The system account hears of it, and the account that the client counts as one of. */
  refused(session: SessionFacts, reason: string): void {
    const { identity: server, directory } = this.#server;
    const type = "client_disconnect";
    const account = session.identity?.account ?? directory.find(globalAccountName);
    const subject = "$SYS.ACCOUNT.CLIENT.AUTH.ERR";
    if (account?.hasInterest(subject)) {
      publishIn(
        account,
        subject,
        this.#event(type, () => this.#farewell(session, reason)),
      );
    }
    this.#tell(`$SYS.SERVER.${server.id}.CLIENT.AUTH.ERR`, type, () => this.#farewell(session, reason));
  }

  lameDuck(): void {
    this.#ownEnd("LAMEDUCK");
  }

  shutdown(): void {
    this.#ownEnd("SHUTDOWN");
    this.#connections.stop();
  }

  #ownEnd(what: string): void {
    const subject = `$SYS.SERVER.${this.#server.identity.id}.${what}`;
    if (this.#server.system.hasInterest(subject)) this.#desk.publish(subject, serverInfo(this.#server));
  }

  #farewell(session: SessionFacts, reason: string): object {
    const { received, sent } = session;
    return {
      client: clientInfo(session, this.#server.clock.nowNs()),
      // From the client's point of view: what it sent is what we received.
      sent: dataStats(received),
      received: dataStats(sent),
      reason,
    };
  }

  /** @param subject wire text */
  #tell(subject: string, type: string, describe: () => object): void {
    if (!this.#server.system.hasInterest(subject)) return;
    this.#desk.publish(subject, this.#event(type, describe));
  }

  #event(type: string, describe: () => object): object {
    return {
      type: `io.nats.server.advisory.v1.${type}`,
      id: newEventId(this.#server.random),
      timestamp: timestamp(this.#server.clock.nowNs()),
      server: serverInfo(this.#server),
      ...describe(),
    };
  }
}
