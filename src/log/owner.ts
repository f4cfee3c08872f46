// What the owner of a stream is told, and why it is refused.

/** Why an append was not taken. "full": no room on the disk; "busy": too much waits for the disk. */
export type Refusal = "full" | "busy" | "failed" | "closed" | "too large";

/** Whoever owns the stream hears of it here. None of these may throw. */
export interface LogOwner {
  /** Every append up to this sequence is on the disk; acknowledge now. */
  committed(upTo: number): void;
  /** Appends `first` to `last` (none when `last` < `first`) will never be committed. "full" resumes by itself. */
  failed(reason: "full" | "failed", first: number, last: number, error: Error): void;
}
