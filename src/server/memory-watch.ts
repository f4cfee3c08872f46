// Looks at the memory of the process where it is limited: beyond a soft limit no tenant is let in any more, beyond a hard
// one the largest buffers go, with the peers that they wait for.

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";
import type { Guard } from "../session/guard.ts";
import type { Session } from "../session/session.ts";

const lookEveryMs = 1_000;
/** Buffers smaller than this are no reason to cut anybody. */
const bufferBytesMin = 65_536;

export interface MemoryWatchParts {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly guard: Guard;
  /** Resident bytes of the process. */
  readonly resident: () => number;
  readonly sessions: () => Iterable<Session>;
}

export class MemoryWatch {
  readonly #parts: MemoryWatchParts;
  #alarm: Alarm | undefined;

  constructor(parts: MemoryWatchParts) {
    this.#parts = parts;
  }

  /** Begins, goes on or stops, as the limits in force have it. */
  follow(): void {
    this.stop();
    const { memorySoftBytes, memoryHardBytes } = this.#parts.guard.limits;
    if (memorySoftBytes + memoryHardBytes === 0) return;
    this.#alarm = this.#parts.clock.after(lookEveryMs, () => {
      this.#look(memorySoftBytes, memoryHardBytes);
      this.follow();
    });
  }

  stop(): void {
    this.#alarm?.cancel();
  }

  #look(softBytes: number, hardBytes: number): void {
    const { guard, trace, resident } = this.#parts;
    const bytes = resident();
    const shut = softBytes > 0 && bytes > softBytes;
    if (shut !== guard.shut) {
      const outcome = shut ? "no new connections are taken" : "new connections are taken again";
      trace.log("warn", `Memory is ${bytes} bytes, memory_soft ${softBytes}: ${outcome}`);
    }
    guard.shut = shut;
    if (hardBytes > 0 && bytes > hardBytes) this.#cut(bytes - hardBytes);
  }

  /** The largest first, until as much has been let go as is too much. */
  #cut(excessBytes: number): void {
    const buffered = [...this.#parts.sessions()]
      .filter(({ pendingBytes }) => pendingBytes >= bufferBytesMin)
      .sort((a, b) => b.pendingBytes - a.pendingBytes);
    let cutBytes = 0;
    for (const session of buffered) {
      if (cutBytes >= excessBytes) return;
      cutBytes += session.pendingBytes;
      session.tooSlow("Slow Consumer (Pending Bytes)", "memory_hard Exceeded");
    }
  }
}
