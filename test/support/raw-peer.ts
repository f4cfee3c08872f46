// A peer that speaks the client protocol byte by byte, and keeps what it hears. Bytes are latin1 characters.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Hearing } from "./hearing.ts";

const pong = "PONG\r\n";

export class RawPeer {
  readonly #socket: Socket;
  readonly #hearing = new Hearing();

  /** Resolves when the connection stands; the greeting may still be under way. `from` is an address of this machine. */
  static async dial(port: number, host = "127.0.0.1", from?: string): Promise<RawPeer> {
    const socket = connect({ port, host, localAddress: from, noDelay: true });
    const peer = new RawPeer(socket);
    await once(socket, "connect");
    return peer;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#hearing.add(bytes));
    // A reset is one of the ways in which a connection ends; what was heard before it is judged by the test.
    socket.on("error", () => {});
    socket.on("close", () => this.#hearing.end());
  }

  get heard(): string {
    return this.#hearing.text;
  }

  get closed(): boolean {
    return this.#hearing.closed;
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Resolves when all that was sent has gone to the kernel, or the connection has ended. */
  sent(bytes: string): Promise<void> {
    return new Promise((resolve) => this.#socket.write(Buffer.from(bytes, "latin1"), () => resolve()));
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  stopReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  /** What INFO said first. */
  greeting(): Promise<Readonly<Record<string, unknown>>> {
    return this.#hearing.greeting();
  }

  /** Waits for the answer to a PING of our own and forgets it; `asked` PONGs, to PINGs sent before, come first. */
  async sync(asked = 0): Promise<void> {
    this.send("PING\r\n");
    await this.until(() => this.heard.split(pong).length > asked + 1, "PONG");
    const at = this.heard.lastIndexOf(pong);
    this.#hearing.text = this.heard.slice(0, at) + this.heard.slice(at + pong.length);
  }

  /** Waits for the server's end of the connection. */
  async ended(): Promise<void> {
    await this.until(() => this.closed, "the end of the connection");
  }

  /** What was heard, without INFO lines: their text differs from server to server and has tests of its own. */
  words(): string {
    return this.heard.replace(/INFO \{[^\r\n]*\} ?\r\n/g, "");
  }

  close(): void {
    this.#socket.destroy();
  }

  /** @throws Error, telling what was heard, when it does not come true in time or cannot any more. */
  async until(holds: () => boolean, what: string): Promise<void> {
    await this.#hearing.until(() => holds() || this.closed, what);
    if (!holds()) throw new Error(`the connection ended before ${what}; heard ${JSON.stringify(this.heard)}`);
  }
}
