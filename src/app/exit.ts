// Why `chappe` ends, told to the shell by a number and to a person by what to do next.

/** `damaged` is an audit's own: nothing went wrong, and it found something. */
export const exitCodes = {
  stopped: 0,
  unexpected: 1,
  damaged: 1,
  usage: 2,
  bind: 3,
  data: 4,
  tls: 5,
} as const;

/** An end that a person can do something about. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;
  /** What to do next, in one sentence. */
  readonly remedy: string;

  constructor(reason: keyof typeof exitCodes, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.code = exitCodes[reason];
    this.remedy = remedy;
  }
}
