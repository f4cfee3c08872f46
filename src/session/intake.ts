// Bytes of one peer on their way into its parser. They wait while somebody must think about the peer, or while the
// peer is held up because it sends faster than others read.

import type { Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { Parser } from "../wire/parser.ts";

const nothing = Buffer.alloc(0);
/** What a fast producer is held up for one read at most [nats-server client.go stallClientMaxDuration]. */
const stallMs = 5;

export class Intake {
  readonly #socket: Socket;
  readonly #parser: Parser;
  /** What the socket had read before it was paused: a chunk or two. */
  #held: Buffer = nothing;
  #waits = 0;

  constructor(socket: Socket, parser: Parser) {
    this.#socket = socket;
    this.#parser = parser;
  }

  get waiting(): boolean {
    return this.#waits > 0;
  }

  feed(chunk: Buffer): void {
    if (this.waiting) return this.#hold(chunk);
    const taken = this.#parser.feed(chunk);
    if (taken < chunk.length && this.waiting) this.#hold(chunk.subarray(taken));
  }

  /** Nothing more is parsed until `goOn` has been called as often as this. */
  wait(): void {
    this.#waits++;
    this.#parser.pause();
    this.#socket.pause();
  }

  goOn(): void {
    if (this.#waits === 0 || --this.#waits > 0) return;
    const held = this.#held;
    this.#held = nothing;
    if (held.length > 0) this.feed(held);
    if (!this.waiting) this.#socket.resume();
  }

  /** Holds a fast producer up for a moment, and calls `after` when it goes on. */
  stall(clock: Clock, after: () => void): void {
    this.wait();
    clock.after(stallMs, () => {
      this.goOn();
      after();
    });
  }

  /** The peer is gone. */
  drop(): void {
    this.#held = nothing;
    this.#parser.stop();
  }

  #hold(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
  }
}
