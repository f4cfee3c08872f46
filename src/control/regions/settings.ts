// What the roof tells the regions: how cells are set up, and the world they are started in.

import type { Clock } from "../../ports/clock.ts";
import type { Endpoint } from "../../ports/network.ts";
import type { Processes } from "../../ports/processes.ts";
import type { Trace } from "../../ports/trace.ts";
import type { Store } from "../store/store.ts";
import type { CellFiles } from "./cell-process.ts";
import type { DialLine } from "./system-line.ts";
import type { Trust } from "./trust.ts";

export interface RegionSettings {
  /** "fr-par" first: its cell starts with Chappe. */
  readonly regions: readonly string[];
  /** Absolute; each cell has a directory below it. */
  readonly directory: string;
  /** The broker's program, absolute. */
  readonly program: string;
  /** Where the first cell listens; port 0 takes a free one. Further cells take the following ports. */
  readonly listen: Endpoint;
  /** Whether the port was asked for by name: then the first cell moves to it; else it keeps the one it had. */
  readonly portAsked: boolean;
  /** What clients dial to reach the first cell. Port 0: the one it listens on. */
  readonly public: Endpoint;
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    /** What a cell may show in PEM: the certificate it was last told to read and, in case it has not yet, the one before. */
    readonly certificates: () => readonly string[];
  };
  /** Settings only our broker knows, in its grammar; empty for a real nats-server. */
  readonly brokerSettings: string;
}

export interface RegionsWorld {
  readonly store: Store;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly processes: Processes;
  readonly files: CellFiles;
  readonly dial: DialLine;
  /** A port of `host` that can be bound now: `port` itself, or any if it is 0. @throws Fault when it cannot be. */
  readonly freePort: (host: string, port: number) => Promise<number>;
  /** Called when a region has got its first cell while we run. */
  readonly grown: () => void;
}
