// One message on its way through an account.


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

  set(subject: string, reply: string | undefined, headerBytes: number, body: Buffer, origin?: object): this {
    this.subject = subject;
    this.reply = reply;
    this.headerBytes = headerBytes;
    this.body = body;
    this.origin = origin;
    return this;
  }
}

export const empty: Buffer = Buffer.alloc(0);
