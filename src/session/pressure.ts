// Notices, turn by turn, that somebody's messages wait for a peer that reads too slowly, so that whoever sent them can be
// held up for a moment. [nats-server client.go stalledWait]

/** Part of the pending limit from which on whoever sends more is held up. */
const stallAbove = 0.75;

export class Pressure {
  #felt: object | undefined = undefined;

  /** `peer` has `pending` bytes waiting of the `limit` that would end it. */
  note(peer: object, pending: number, limit: number): void {
    if (pending > limit * stallAbove) this.#felt = peer;
  }

  /** Whether any peer but `own` was noted since this was last asked. */
  taken(own: object): boolean {
    const felt = this.#felt;
    this.#felt = undefined;
    return felt !== undefined && felt !== own;
  }
}
