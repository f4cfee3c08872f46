// What a test has heard from a peer, and waiting for it: woken by every chunk, ended by the close, never for ever.

import { Patience } from "./patience.ts";

const patienceMs = 10_000;
const hello = { verbose: false, pedantic: false };

export class Hearing {
  /** One character a byte. */
  text = "";
  #closed = false;
  readonly #patience = new Patience(patienceMs);

  get closed(): boolean {
    return this.#closed;
  }

  add(bytes: Buffer): void {
    this.text += bytes.latin1Slice();
    this.#patience.wake();
  }

  end(): void {
    this.#closed = true;
    this.#patience.wake();
  }

  /** Looks again, after something that is not text has come. */
  wake(): void {
    this.#patience.wake();
  }

  /** @throws Error, telling what was heard, when it does not come true in time. */
  async until(holds: () => boolean, what: string): Promise<void> {
    await this.#patience.until(holds, () => `${what} does not come; heard ${JSON.stringify(this.text)}`);
  }

  /** What INFO said first. */
  async greeting(): Promise<Readonly<Record<string, unknown>>> {
    await this.until(() => this.text.includes("\r\n"), "INFO");
    const info = this.text.slice("INFO ".length, this.text.indexOf("\r\n"));
    return JSON.parse(info) as Record<string, unknown>;
  }

  /** Says CONNECT and PING and waits for what comes of it: "in", or why not. */
  async signIn(send: (text: string) => void, connect: object): Promise<string> {
    send(`CONNECT ${JSON.stringify({ ...hello, ...connect })}\r\nPING\r\n`);
    await this.until(() => this.#closed || this.text.includes("PONG\r\n"), "PONG");
    if (this.text.includes("PONG\r\n")) return "in";
    return /-ERR '(.*)'\r\n/.exec(this.text)?.[1] ?? "closed";
  }
}
