// What the server says to one peer in its own name, between the messages that it passes on: each word goes out and, while
// tracing is on, into the log. An INFO does not, as nats-server has it.

import type { Outbox } from "../forward/outbox.ts";
import { errFrame, infoFrame, okFrame, pingFrame, pongFrame, type ServerInfo } from "../wire/frames.ts";
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
    this.#write(infoFrame(info));
  }

  ping(): void {
    this.#say("PING", pingFrame);
  }

  pong(): void {
    this.#say("PONG", pongFrame);
  }

  ok(): void {
    this.#say("OK", okFrame);
  }

  /** @param text wire text, without quotes */
  error(text: string): void {
    this.#say(`-ERR ${text}`, errFrame(text));
  }

  #say(shown: string, frame: Buffer): void {
    this.#transcript.told(shown);
    this.#write(frame);
  }

  #write(frame: Buffer): void {
    this.#outbox.append(frame, 0, nothing, 0, 0);
  }
}
