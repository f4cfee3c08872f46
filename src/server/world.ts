// The outside world as a server is given it.

import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { HttpGet } from "../ports/http-get.ts";
import type { Memory } from "../ports/memory.ts";
import type { Network } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { HashCheck } from "../session/configured-authenticator.ts";
import type { ListenMonitor } from "../system/monitor.ts";
import type { ProcessUsage } from "../system/subject-server.ts";

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly trace: Trace;
  /** Absent where no bcrypt is built in: then no hashed password matches. */
  readonly checkHash?: HashCheck;
  /** Absent where monitoring is not to be listened for. */
  readonly listenMonitor?: ListenMonitor;
  /** Absent where nothing is asked for over HTTP: then accounts cannot be behind a URL. */
  readonly httpGet?: HttpGet;
  /** Absent where nothing is known of it: then nothing is in use. */
  readonly memory?: Memory;
  /** Absent where there is no process to speak of: then all of it is nothing. */
  readonly usage?: () => ProcessUsage;
}
