// Looks at the memory in use where it is limited: beyond a soft limit no tenant is let in any more, beyond a hard one the
// largest buffers go, with the peers that they wait for. Garbage is no reason for either.

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Memory } from "../ports/memory.ts";
import type { Trace } from "../ports/trace.ts";
import type { Guard } from "../session/guard.ts";
import type { Session } from "../session/session.ts";

const lookEveryMs = 1_000;
/** Collecting stops everything for a while, the more the fuller the heap: so often at most. */
const collectEveryMs = 10_000;
/** Buffers smaller than this are no reason to cut anybody. */
const bufferBytesMin = 65_536;

export interface MemoryWatchParts {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly guard: Guard;
  readonly memory: Memory;
  readonly sessions: () => Iterable<Session>;
}

export class MemoryWatch {
  readonly #parts: MemoryWatchParts;
  #alarm: Alarm | undefined;
  #collectedMs = Number.NEGATIVE_INFINITY;
  /** Garbage is gone since the last look: what is in use now is needed. */
  #isClean = false;

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
    const { clock, memory } = this.#parts;
    const bytes = memory.usedBytes();
    const nowMs = clock.monotonicMs();
    if (bytes <= (softBytes || hardBytes)) {
      this.#shut(false, bytes);
    } else if (this.#isClean) {
      this.#shut(softBytes > 0, bytes);
      if (hardBytes > 0 && bytes > hardBytes) this.#cut(bytes - hardBytes);
    } else if (nowMs - this.#collectedMs >= collectEveryMs) {
      // Buffers are swept beside the program: the next look sees what it came to.
      memory.collect();
      this.#collectedMs = nowMs;
      this.#isClean = true;
      return;
    }
    this.#isClean = false;
  }

  #shut(shut: boolean, bytes: number): void {
    const { guard, trace } = this.#parts;
    if (shut === guard.shut) return;
    guard.shut = shut;
    const outcome = shut ? "no new connections are taken" : "new connections are taken again";
    trace.log(
      "warn",
      `Memory in use is ${bytes} bytes, memory_soft ${guard.limits.memorySoftBytes}: ${outcome}`,
    );
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
