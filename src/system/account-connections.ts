// How many connections each account has: told when that changes, and every thirty seconds while it has any.
// [nats-server events.go sendAccConnsUpdate, accConnsUpdate]

import type { Account } from "../account/account.ts";
import { globalAccountName } from "../account/directory.ts";
import type { Alarm } from "../ports/clock.ts";
import { toWire } from "../subject/subject.ts";
import { type Desk, serverInfo } from "./desk.ts";
import { newEventId } from "./event-id.ts";
import type { SubjectServer } from "./subject-server.ts";
import { timestamp } from "./timestamps.ts";
import { accountStat } from "./views/accstatz.ts";

const intervalMs = 30_000;

export class AccountConnections {
  readonly #server: SubjectServer;
  readonly #desk: Desk;
  /** Of accounts with connections. */
  readonly #alarms = new Map<Account, Alarm>();

  constructor(server: SubjectServer, desk: Desk) {
    this.#server = server;
    this.#desk = desk;
  }

  /** The account's connections are others now, or it is time to tell of them again. */
  tell(account: Account): void {
    if (account.name === globalAccountName) return;
    this.#alarms.get(account)?.cancel();
    if (this.#server.roster.of(account).size === 0) this.#alarms.delete(account);
    else
      this.#alarms.set(
        account,
        this.#server.clock.after(intervalMs, () => this.tell(account)),
      );
    const name = toWire(account.name);
    for (const subject of [`$SYS.SERVER.ACCOUNT.${name}.CONNS`, `$SYS.ACCOUNT.${name}.SERVER.CONNS`]) {
      if (this.#server.system.hasInterest(subject)) this.send(account, subject);
    }
  }

  /** @param subject wire text */
  send(account: Account, subject: string): void {
    this.#desk.publish(subject, {
      type: "io.nats.server.advisory.v1.account_connections",
      id: newEventId(this.#server.random),
      timestamp: timestamp(this.#server.clock.nowNs()),
      server: serverInfo(this.#server),
      ...accountStat(this.#server, account),
    });
  }

  stop(): void {
    for (const alarm of this.#alarms.values()) alarm.cancel();
    this.#alarms.clear();
  }
}
