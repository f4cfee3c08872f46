// What the server tells the system account without being asked: clients that come, go, or are turned away.
// [nats-server events.go accountConnectEvent, accountDisconnectEvent, sendAuthErrorEvent]

import type { SessionFacts } from "../session/facts.ts";
import { clientInfo } from "./client-info.ts";
import { type Desk, timestamp } from "./desk.ts";
import type { SubjectServer } from "./subject-server.ts";

const idLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;

export class Events {
  readonly #server: SubjectServer;
  readonly #desk: Desk;

  constructor(server: SubjectServer, desk: Desk) {
    this.#server = server;
    this.#desk = desk;
  }

  admitted(session: SessionFacts): void {
    const account = session.identity!.account.name;
    this.#tell(`$SYS.ACCOUNT.${account}.CONNECT`, "client_connect", () => ({ client: clientInfo(session) }));
  }

  closed(session: SessionFacts, reason: string): void {
    const account = session.identity!.account.name;
    this.#tell(`$SYS.ACCOUNT.${account}.DISCONNECT`, "client_disconnect", () => this.#farewell(session, reason));
  }

  refused(session: SessionFacts, reason: string): void {
    const subject = `$SYS.SERVER.${this.#server.identity.id}.CLIENT.AUTH.ERR`;
    this.#tell(subject, "client_disconnect", () => this.#farewell(session, reason));
  }

  #farewell(session: SessionFacts, reason: string): object {
    const { received, sent } = session;
    return {
      client: { ...clientInfo(session), stop: timestamp(this.#server.clock.nowNs()) },
      // From the client's point of view: what it sent is what we received.
      sent: { msgs: received.messages, bytes: received.bytes },
      received: { msgs: sent.messages, bytes: sent.bytes },
      reason,
    };
  }

  #tell(subject: string, type: string, describe: () => object): void {
    if (!this.#server.system.hasInterest(subject)) return;
    this.#desk.publish(subject, {
      type: `io.nats.server.advisory.v1.${type}`,
      id: this.#newId(),
      timestamp: timestamp(this.#server.clock.nowNs()),
      server: this.#desk.serverInfo(),
      ...describe(),
    });
  }

  #newId(): string {
    const bytes = this.#server.random.bytes(idLength);
    return Array.from(bytes, (byte) => idLetters[byte % idLetters.length]).join("");
  }
}
