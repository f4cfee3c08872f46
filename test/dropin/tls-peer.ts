// A client that speaks TLS to a broker, after INFO or before it, and keeps what it hears.
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";

const patienceMs = 10_000;

export class TlsPeer {
  readonly socket: TLSSocket;
  /** What was heard in plain, before the handshake. */
  readonly before: string;
  #heard = "";
  #closed = false;
  #wake: () => void = () => {};

  /** Resolves after the handshake. @throws Error when it fails. */
  static async dial(
    port: number,
    when: "after INFO" | "first",
    options: ConnectionOptions,
    /** Sent in plain before anything else. */
    preface = "",
  ): Promise<TlsPeer> {
    const raw = connectPlain({ port, host: "127.0.0.1", noDelay: true });
    await once(raw, "connect");
    if (preface !== "") raw.write(preface);
    let before = "";
    if (when === "after INFO") {
      while (!before.includes("\r\n")) {
        const [bytes] = (await once(raw, "data")) as [Buffer];
        before += bytes.latin1Slice();
      }
    }
    const socket = connectTls({ socket: raw, rejectUnauthorized: options.ca !== undefined, ...options });
    const peer = new TlsPeer(socket, before);
    await once(socket, "secureConnect");
    return peer;
  }

  private constructor(socket: TLSSocket, before: string) {
    this.socket = socket;
    this.before = before;
    socket.on("data", (bytes: Buffer) => {
      this.#heard += bytes.latin1Slice();
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  get heard(): string {
    return this.#heard;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Says CONNECT and PING and waits for what comes of it: "in", or why not. */
  async signIn(connect: object = {}): Promise<string> {
    this.send(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...connect })}\r\nPING\r\n`);
    await this.until(() => this.#closed || this.#heard.includes("PONG\r\n"));
    if (this.#heard.includes("PONG\r\n")) return "in";
    return /-ERR '(.*)'\r\n/.exec(this.#heard)?.[1] ?? "closed";
  }

  async until(holds: () => boolean): Promise<void> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.#wake();
    }, patienceMs);
    try {
      while (!holds()) {
        if (late) throw new Error(`it does not come; heard ${JSON.stringify(this.#heard)}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
