// The one Publish object of a parser, filled anew for every message.

import type { Publish } from "./command.ts";

const nothing = Buffer.alloc(0);

export class PublishView implements Publish {
  subject = "";
  reply: string | undefined = undefined;
  headerBytes = 0;
  /** Bytes of headers and payload as the control line announced them. */
  size = 0;
  source: Buffer = nothing;
  start = 0;
  end = 0;
  #body: Buffer | undefined = undefined;

  /** The body is here: `size` bytes of `source` from `start` on. */
  place(source: Buffer, start: number): void {
    this.source = source;
    this.start = start;
    this.end = start + this.size;
    this.#body = undefined;
  }

  /** Lets go of the chunk, which may be large, between one read and the next. */
  release(): void {
    this.source = nothing;
    this.#body = undefined;
  }

  // Made on demand: a view costs as much as all the rest of a small PUB, and whoever copies needs none.
  get body(): Buffer {
    return (this.#body ??= this.source.subarray(this.start, this.end));
  }
}
