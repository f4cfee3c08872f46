// The server's own voice: its desks in the accounts, the events it tells of, and monitoring.

import type { Account } from "../account/account.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import type { SessionFacts } from "../session/facts.ts";
import type { Session } from "../session/session.ts";
import { AccountConnections } from "../system/account-connections.ts";
import { AccountDesk } from "../system/account-desk.ts";
import { ClaimsDesk } from "../system/claims-desk.ts";
import { Desk } from "../system/desk.ts";
import { Events } from "../system/events.ts";
import { Monitor } from "../system/monitor.ts";
import { ServerDesk } from "../system/server-desk.ts";
import { Statsz } from "../system/statsz.ts";
import type { ProcessUsage, SubjectServer } from "../system/subject-server.ts";
import { openUserDesk } from "../system/user-desk.ts";

export interface SystemSideParts {
  readonly server: SubjectServer;
  /** Operator mode's accounts; absent where the configuration lists its users. */
  readonly accounts: OperatorAccounts | undefined;
}

export class SystemSide {
  readonly events: Events;
  readonly #server: SubjectServer;
  readonly #statsz: Statsz;

  /** Opens the desks of every account there is, and of those to come. */
  constructor({ server, accounts }: SystemSideParts) {
    const { system, directory } = server;
    const desk = new Desk(server, system);
    const connections = new AccountConnections(server, desk);
    this.#server = server;
    this.#statsz = new Statsz(server, desk);
    this.events = new Events(server, desk, connections);
    // Without a system account the server keeps to itself.
    if (server.options().systemAccountDisabled) return;
    new ServerDesk(server, desk, this.#statsz).open();
    new AccountDesk(server, desk, connections).open();
    if (accounts !== undefined) new ClaimsDesk(desk, accounts, system.name, server.clock).open();
    const open = (account: Account): void => openUserDesk(server, account);
    directory.onNew = open;
    for (const account of directory.all()) open(account);
  }

  monitor(): Monitor {
    return new Monitor(this.#server, this.#server.options().monitoring.basePath);
  }

  start(): void {
    this.#statsz.start();
  }

  /** Says that the server ends; nothing is said after that. */
  stop(): void {
    this.#statsz.stop();
    this.events.shutdown();
  }
}

export const noUsage: ProcessUsage = {
  cpu: 0,
  memoryBytes: 0,
  cores: 1,
  heapUsedBytes: 0,
  heapTotalBytes: 0,
};

/** Tells one client that the server is about to go, where it knows what that means. [nats-server server.go LDMClientByID] */
export function warnOfEnd(session: SessionFacts): boolean {
  const ready = session.connect !== undefined && session.connect.protocol >= 1 && session.rttMs > 0;
  if (ready) (session as Session).sendInfoAgain({ ldm: true });
  return ready;
}
