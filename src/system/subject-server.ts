// The server as the system account speaks of it.

import type { Account } from "../account/account.ts";
import type { Directory } from "../account/directory.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { SessionFacts } from "../session/facts.ts";
import type { Roster } from "../session/roster.ts";

/** Who the server is, in the fields that its messages carry [nats-server events.go ServerInfo]. */
export interface ServerIdentity {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly jetstream: boolean;
}

export interface SubjectServer {
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly forwarder: Forwarder;
  readonly directory: Directory;
  readonly roster: Roster<SessionFacts>;
  readonly system: Account;
}
