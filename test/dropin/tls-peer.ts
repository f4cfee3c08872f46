// A client that speaks TLS to a broker, after INFO or before it, and keeps what it hears.
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { Hearing } from "../support/hearing.ts";

export class TlsPeer {
  readonly socket: TLSSocket;
  /** What was heard in plain, before the handshake. */
  readonly before: string;
  readonly #hearing = new Hearing();

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
    socket.on("data", (bytes: Buffer) => this.#hearing.add(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.#hearing.end());
  }

  get heard(): string {
    return this.#hearing.text;
  }

  get closed(): boolean {
    return this.#hearing.closed;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Says CONNECT and PING and waits for what comes of it: "in", or why not. */
  signIn(connect: object = {}): Promise<string> {
    return this.#hearing.signIn((text) => this.send(text), connect);
  }

  until(holds: () => boolean): Promise<void> {
    return this.#hearing.until(holds, "it");
  }

  close(): void {
    this.socket.destroy();
  }
}
