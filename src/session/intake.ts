// Bytes of one peer on their way into its parser. They wait while somebody must think about the peer, or while the
// peer is held up because it sends faster than others read.

import type { Socket } from "../ports/network.ts";
import type { Parser } from "../wire/parser.ts";

const nothing = Buffer.alloc(0);

export class Intake {
  readonly #socket: Socket;
  readonly #parser: Parser;
  /** Bytes parsed at a time; what comes behind them is held until the next `goOn`. */
  portion = Number.POSITIVE_INFINITY;
  /** What the socket had read before it was paused: a chunk or two. */
  #held: Buffer = nothing;
  #waits = 0;
  #interrupted = false;
  #parsed = 0;

  constructor(socket: Socket, parser: Parser) {
    this.#socket = socket;
    this.#parser = parser;
  }

  get waiting(): boolean {
    return this.#waits > 0;
  }

  /** Whether bytes are here that have not been parsed. */
  get hasRest(): boolean {
    return this.#held.length > 0;
  }

  feed(chunk: Buffer): void {
    if (this.waiting || this.hasRest) {
      this.#held = Buffer.concat([this.#held, chunk]);
    } else {
      // The chunk is the socket's again afterwards.
      const rest = this.#parse(chunk);
      if (rest.length > 0) this.#held = Buffer.from(rest);
    }
  }

  /** Bytes parsed since this was last asked. */
  takeParsed(): number {
    const parsed = this.#parsed;
    this.#parsed = 0;
    return parsed;
  }

  /** Nothing more is parsed until `goOn` has been called as often as this. */
  wait(): void {
    this.#waits++;
    this.#parser.pause();
    this.#socket.pause();
  }

  /** For a command under way: what comes behind it is held until the next `goOn`. */
  interrupt(): void {
    this.#interrupted = true;
    this.#parser.pause();
  }

  goOn(): void {
    if (this.#waits === 0 || --this.#waits > 0) return;
    const held = this.#held;
    this.#held = nothing;
    if (held.length > 0) this.#held = this.#parse(held);
    if (!this.waiting && !this.hasRest) this.#socket.resume();
  }

  /** The peer is gone. */
  drop(): void {
    this.#held = nothing;
    this.#parser.stop();
  }

  /** Parses a portion; answers what is left to be held, as a view. */
  #parse(bytes: Buffer): Buffer {
    const part = bytes.length > this.portion ? bytes.subarray(0, this.portion) : bytes;
    this.#interrupted = false;
    const taken = this.#parser.feed(part);
    this.#parsed += taken;
    // A parser that stopped short of its own accord wants nothing more.
    const wanted = this.waiting || this.#interrupted || taken === part.length;
    return wanted ? bytes.subarray(taken) : nothing;
  }
}
