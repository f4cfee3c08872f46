// Notices, turn by turn, that somebody's messages wait for a peer that reads too slowly, so that whoever sent them can be
// held up for a moment. [nats-server client.go stalledWait]

/** Part of the pending limit from which on whoever sends more is held up. */
export const stallAbove = 0.75;

/** Who may be too slow for others, and counts how often somebody waited for it. */
export interface Slow {
  stalls: number;
}

export class Pressure {
  #felt: Slow | undefined = undefined;

  /** `peer` has `pending` bytes waiting of the `limit` that would end it. */
  note(peer: Slow, pending: number, limit: number): void {
    if (pending > limit * stallAbove) this.#felt = peer;
  }

  /** The peer, other than `own`, that was noted last since this was last asked. */
  taken(own: Slow): Slow | undefined {
    const felt = this.#felt;
    this.#felt = undefined;
    return felt === own ? undefined : felt;
  }
}
