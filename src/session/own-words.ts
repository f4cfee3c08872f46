// What the server says to one peer in its own name, between the messages that it passes on: each word goes out and, while
// tracing is on, into the log. An INFO does not, as nats-server has it.

import type { Outbox } from "../forward/outbox.ts";
import { errFrame, infoFrame, type ServerInfo } from "../wire/frames.ts";
import type { Transcript } from "./transcript.ts";

const nothing = Buffer.alloc(0);

export class OwnWords {
  readonly #outbox: Outbox;
  readonly #transcript: Transcript;

  constructor(outbox: Outbox, transcript: Transcript) {
    this.#outbox = outbox;
    this.#transcript = transcript;
  }

  info(info: ServerInfo): void {
    this.#frame(infoFrame(info));
  }

  ping(): void {
    this.#line("PING", "PING\r\n");
  }

  pong(): void {
    this.#line("PONG", "PONG\r\n");
  }

  ok(): void {
    this.#line("OK", "+OK\r\n");
  }

  /** @param text wire text, without quotes */
  error(text: string): void {
    this.#transcript.told(`-ERR ${text}`);
    this.#frame(errFrame(text));
  }

  #line(shown: string, line: string): void {
    this.#transcript.told(shown);
    this.#outbox.appendText(line);
  }

  #frame(bytes: Buffer): void {
    this.#outbox.append(bytes, 0, nothing, 0, 0);
  }
}
