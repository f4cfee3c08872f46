// The server as the system account and monitoring speak of it.

import type { Account } from "../account/account.ts";
import type { Directory } from "../account/directory.ts";
import type { LoadedAccount } from "../account/loaded-account.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Endpoint } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { SessionFacts } from "../session/facts.ts";
import type { Roster } from "../session/roster.ts";
import type { Settings } from "./settings.ts";
import type { Totals } from "./totals.ts";

/** Who the server is, in the fields that its messages carry [nats-server events.go ServerInfo]. */
export interface ServerIdentity {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly build: string;
  readonly runtime: string;
  readonly jetstream: boolean;
}

/** What the process uses of the machine. */
export interface ProcessUsage {
  /** Percent of one core. */
  readonly cpu: number;
  /** Resident, in bytes. */
  readonly memoryBytes: number;
  readonly cores: number;
  /** Bytes of the heap in use, and taken for it. */
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
}

/** What INFO tells clients at the door. */
export interface Door {
  /** Where clients are listened for; undefined while they are not. */
  readonly listen: Endpoint | undefined;
  readonly authRequired: boolean;
  readonly tlsRequired: boolean;
  readonly tlsVerify: boolean;
}

export interface SubjectServer {
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly forwarder: Forwarder;
  readonly directory: Directory;
  readonly roster: Roster<SessionFacts>;
  /** Undefined where the configuration turned it off: then nobody is told anything. */
  readonly system: Account;
  readonly totals: Totals;
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
  /** When the configuration was last read, nanoseconds since the epoch. */
  configuredAt(): bigint;
  /** What holds now. */
  options(): Settings;
  door(): Door;
  usage(): ProcessUsage;
  /** The account of that name, from wherever accounts come. */
  account(name: string): Account | undefined;
  /** An account's claims, in operator mode. */
  claims(account: string): LoadedAccount | undefined;
  /** Sign-ins refused because only other accounts may connect. */
  notPinned(): number;
  /** Reads the configuration again; answers why that failed. */
  reload(): string | undefined;
  /** Tells one client that the server is about to go; false when that client cannot be told. */
  warn(session: SessionFacts): boolean;
}

/** What an account is called where people read: its name, where its owner gave it no other. */
export function nameTagOf({ nameTag, name }: Account): string {
  return nameTag === "" ? name : nameTag;
}
