// What a peer may say in the NATS client protocol, as calls: the parser makes them, a session answers them.

import type { Violation } from "./violation.ts";

/**
 * A PUB or an HPUB. One object is used again for every message: whoever keeps anything past the call copies it.
 * Subject and reply are wire text (one character per byte) and are not validated here.
 */
export interface Publish {
  readonly subject: string;
  readonly reply: string | undefined;
  /** Length of the header block at the start of the body; 0 means the message has none. */
  readonly headerBytes: number;
  /** Where the body lies: `source` from `start` to `end`. It may be the read buffer itself. */
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
  /** Headers and payload, without the CRLF behind them. A view made on first use, valid only during the call. */
  readonly body: Buffer;
}

/**
 * Receives the commands of one peer, in order. A callback that closes the connection calls `Parser.stop`,
 * one that must wait for something calls `Parser.pause`.
 */
export interface CommandHandler {
  /** `json` as it stood behind CONNECT, valid only during the call; read it with `parseConnect`. */
  onConnect(json: Buffer): void;
  onPub(publish: Publish): void;
  /**
   * Called for the control line of a PUB or HPUB, before its body has come, and only while `Parser.pedantic`: a
   * pedantic client hears of a bad subject at once.
   */
  onPublishSubject(subject: string): void;
  /**
   * An HPUB of `size` bytes is too large and ends the connection, by `onViolation` at once. `headers` are what of them
   * came in the same read, valid only during the call.
   */
  onOversize(subject: string, headers: Buffer, size: number): void;
  onSub(subject: string, queue: string | undefined, sid: string): void;
  /** `max` 0 means at once, which is also what a max that is no number means [nats-server client.go processUnsub]. */
  onUnsub(sid: string, max: number): void;
  onPing(): void;
  onPong(): void;
  /** The peer sent -ERR; a client that does is closed with reason "Parse Error" and told nothing. */
  onPeerError(text: string): void;
  /** The peer broke the protocol. The parser takes nothing more. */
  onViolation(violation: Violation): void;
  /**
   * Asked, only while `Parser.guarded`, for a command that starts with another byte than C: may it come before
   * CONNECT? Whoever lets somebody in without CONNECT (no_auth_user) does so here. False is an Authorization Violation.
   */
  mayStart(firstByte: number): boolean;
}
