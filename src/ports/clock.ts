// Time as the house sees it: a wall clock for stamps, a monotonic one for durations, and alarms.

export interface Alarm {
  /** Idempotent; an alarm that already rang is left alone. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Nanoseconds since the Unix epoch, for the timestamps of JWTs, events and messages. */
  nowNs(): bigint;
  /** Milliseconds since an arbitrary start, with fractions; never goes back. Durations are measured with this. */
  monotonicMs(): number;
  /** Calls `ring` once, `delayMs` from now (0 means the next turn). An alarm alone does not keep the process alive. */
  after(delayMs: number, ring: () => void): Alarm;
}
