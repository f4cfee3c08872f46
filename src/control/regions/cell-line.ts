// The one line to a cell that is kept open: dialled when first needed, dialled again when it breaks, and replaced
// by a younger one before the user it was opened with expires.

import { Fault } from "../../base/assert.ts";
import type { Alarm, Clock } from "../../ports/clock.ts";
import { readIdentity } from "./answers.ts";
import { pause } from "./pause.ts";
import type { CellAddress, DialLine, SystemLine } from "./system-line.ts";
import type { Trust } from "./trust.ts";

/** A system user lives this long; the line opened with it is replaced before. */
const userLifetimeMs = 5 * 60_000;
const lineLifetimeMs = 4 * 60_000;
const dialTimeoutMs = 2_000;
const dialTimeoutLeastMs = 500;
/** A cell that is being restarted is waited for; then whoever asks is told that it cannot be reached. */
const reachWindowMs = 5_000;
const betweenDialsMs = 25;

export class CellLine {
  readonly #serverName: string;
  readonly #address: () => CellAddress;
  readonly #trust: Trust;
  readonly #dial: DialLine;
  readonly #clock: Clock;
  readonly #lost: () => void;
  #line: SystemLine | undefined;
  #opening: Promise<SystemLine> | undefined;
  #renewal: Alarm | undefined;
  #over = false;

  /** `lost` is called when the line that was in use breaks. */
  constructor(
    serverName: string,
    address: () => CellAddress,
    trust: Trust,
    dial: DialLine,
    clock: Clock,
    lost: () => void,
  ) {
    this.#serverName = serverName;
    this.#lost = lost;
    this.#address = address;
    this.#trust = trust;
    this.#dial = dial;
    this.#clock = clock;
  }

  /** The open line. @throws Fault when the cell cannot be reached within a few seconds. */
  async open(): Promise<SystemLine> {
    if (this.#line?.isOpen) return this.#line;
    this.#opening ??= this.#reach(reachWindowMs).finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  /**
   * Whether our cell, and not somebody else's server, answers at its address within `windowMs`; false as soon as
   * `wanted` says that nobody wants to know any more.
   */
  async answers(windowMs: number, wanted: () => boolean = () => true): Promise<boolean> {
    try {
      await this.#reach(windowMs, wanted);
      return true;
    } catch (error) {
      if (error instanceof Fault) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#renewal?.cancel();
    await this.#line?.close();
  }

  async #reach(windowMs: number, wanted: () => boolean = () => true): Promise<SystemLine> {
    const deadline = this.#clock.monotonicMs() + windowMs;
    for (;;) {
      if (this.#over || !wanted()) throw new Fault(`reach the cell ${this.#serverName}: no longer wanted`);
      try {
        const leftMs = deadline - this.#clock.monotonicMs();
        return this.#keep(
          await this.#dialOurs(Math.min(dialTimeoutMs, Math.max(dialTimeoutLeastMs, leftMs))),
        );
      } catch (cause) {
        if (!(cause instanceof Fault)) throw cause;
        if (this.#clock.monotonicMs() >= deadline)
          throw new Fault(`reach the cell ${this.#serverName}`, { cause });
      }
      await pause(this.#clock, betweenDialsMs);
    }
  }

  async #dialOurs(timeoutMs: number): Promise<SystemLine> {
    const line = await this.#dial(this.#address(), this.#trust.systemUser(userLifetimeMs), timeoutMs);
    try {
      const answers = await line.ask("$SYS.REQ.SERVER.PING.IDZ", "", timeoutMs, (sofar) => sofar.length > 0);
      const identity = answers === "nobody" || answers.length === 0 ? undefined : readIdentity(answers[0]!);
      if (identity?.name === this.#serverName) return line;
      throw new Fault(`reach the cell ${this.#serverName}: another server answers`, {
        found: identity?.name,
      });
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  #keep(line: SystemLine): SystemLine {
    const old = this.#line;
    this.#line = line;
    line.whenClosed(() => {
      if (this.#line === line && !this.#over) this.#lost();
    });
    if (old?.isOpen) this.#retire(old);
    this.#renewal?.cancel();
    this.#renewal = this.#clock.after(lineLifetimeMs, () => {
      // When it fails, the old line lives until its user expires, and the next question dials.
      if (!this.#over) void this.answers(0);
    });
    return line;
  }

  /** A question may still be under way on the old line: it goes when the longest of them is over. */
  #retire(old: SystemLine): void {
    this.#clock.after(userLifetimeMs - lineLifetimeMs, () => void old.close());
  }
}
