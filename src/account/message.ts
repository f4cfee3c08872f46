// One message on its way through an account.

import type { MessageTrace } from "./trace.ts";

/** One service import that a message came through: where it must not come through again, and what it said of the requester. */
export interface Crossing {
  /** The exported service; a message never goes through the same one twice. */
  readonly service: object | undefined;
  /** Whether the import tells the service everything about who asks. */
  readonly share: boolean;
  /** What the request says of who asks [Nats-Request-Info]; undefined for a response. */
  readonly info: Readonly<Record<string, unknown>> | undefined;
  readonly previous: Crossing | undefined;
  /** Crossings on the way to here, this one included. */
  readonly depth: number;
}

/** All that one published message sets going: it may come to a service by several ways, and to the next by more. */
export interface Journey {
  /** Crossings made, over all ways. */
  crossings: number;
}

/**
 * A message, one object reused for many: valid during the call it is handed to. `body` may point into a read
 * buffer; whoever keeps bytes past the call copies them.
 */
export class Message {
  subject = "";
  reply: string | undefined = undefined;
  /** Length of the header block at the start of `body`, its final blank line included; 0 without headers. */
  headerBytes = 0;
  /** Headers and payload. */
  body: Buffer = empty;
  /** Who publishes it, told apart by identity alone: a subscriber may not want its own messages back. */
  origin: object | undefined = undefined;
  /** The service imports it came through to this account; undefined where it was published. */
  crossing: Crossing | undefined = undefined;
  /** Shared by everything that the publish sets going; undefined until it crosses into another account. */
  journey: Journey | undefined = undefined;
  /** What becomes of it is written down here. */
  trace: MessageTrace | undefined = undefined;

  set(subject: string, reply: string | undefined, headerBytes: number, body: Buffer, origin?: object): this {
    this.subject = subject;
    this.reply = reply;
    this.headerBytes = headerBytes;
    this.body = body;
    this.origin = origin;
    this.crossing = undefined;
    this.journey = undefined;
    this.trace = undefined;
    return this;
  }

  /** The same message under another subject; everything else is shared. */
  renamed(subject: string): Message {
    const twin = new Message().set(subject, this.reply, this.headerBytes, this.body, this.origin);
    twin.crossing = this.crossing;
    twin.journey = this.journey;
    twin.trace = this.trace;
    return twin;
  }
}

export const empty: Buffer = Buffer.alloc(0);
