// A cell as it looks from a connection of its system account: questions go out, answers come back. The roof brings
// the NATS client that fulfils this.

/** Where a cell's clients connect, as seen from the control plane itself. */
export interface CellAddress {
  readonly host: string;
  readonly port: number;
  /** PEM of the certificates of which the cell must show one; absent where it speaks plain text. */
  readonly certificates?: readonly string[];
}

/** Who connects: a user of the system account that exists for this one connection. */
export interface SystemUser {
  readonly jwt: string;
  sign(nonce: Uint8Array): Uint8Array;
}

export interface SystemLine {
  readonly isOpen: boolean;
  /** Calls back once when the connection is over, at once if it already is. */
  whenClosed(ended: () => void): void;
  /**
   * Sends a question and collects the answers until `enough` says so of those so far, or `windowMs` has passed.
   * "nobody" at once when nobody listens for the subject.
   * @throws Fault when the connection breaks meanwhile.
   */
  ask(
    subject: string,
    body: string,
    windowMs: number,
    enough: (answers: readonly Buffer[]) => boolean,
  ): Promise<readonly Buffer[] | "nobody">;
  close(): Promise<void>;
}

/** Connects, or rejects with a Fault: nobody listens there, it is not our cell, it takes longer than `timeoutMs`. */
export type DialLine = (at: CellAddress, user: SystemUser, timeoutMs: number) => Promise<SystemLine>;
