// The outside world as a server is given it.

import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Network } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly trace: Trace;
  /** Compares a password with a bcrypt hash; undefined where none is built in. */
  readonly bcrypt?: (password: string, hash: string) => boolean;
}
