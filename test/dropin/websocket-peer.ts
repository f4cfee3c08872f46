// A WebSocket client written by hand, so that a test sees the answer to its handshake and every close code.
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Hearing } from "../support/hearing.ts";

export interface HandshakeWish {
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  readonly headers?: Readonly<Record<string, string>>;
}

export class WebSocketPeer {
  /** The first line of the answer to the handshake. */
  status = "";
  closeCode: number | undefined;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  readonly #hearing = new Hearing();

  /** Resolves when the handshake is answered, whatever the answer. */
  static async dial(port: number, { tls, headers = {} }: HandshakeWish = {}): Promise<WebSocketPeer> {
    const place = { port, host: "127.0.0.1" };
    const socket =
      tls === undefined ? connectPlain(place) : connectTls({ ...place, servername: "localhost", ...tls });
    const peer = new WebSocketPeer(socket);
    await once(socket, tls === undefined ? "connect" : "secureConnect");
    const all = {
      Host: `127.0.0.1:${port}`,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`);
    await peer.until(() => peer.status !== "" || peer.closed, "an answer to the handshake");
    return peer;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      if (this.status === "") this.#readHead();
      if (this.status.includes(" 101 ")) this.#readFrames();
      this.#hearing.wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#hearing.end());
  }

  /** Payload of binary frames. */
  get heard(): string {
    return this.#hearing.text;
  }

  get closed(): boolean {
    return this.#hearing.closed;
  }

  /** One masked binary frame. */
  send(text: string): void {
    const payload = Buffer.from(text, "latin1");
    const long = payload.length > 125;
    const head = Buffer.alloc(long ? 8 : 6);
    head[0] = 0x82;
    head[1] = 0x80 | (long ? 126 : payload.length);
    if (long) head.writeUInt16BE(payload.length, 2);
    // A mask of zeros leaves the payload as it is.
    this.#socket.write(Buffer.concat([head, payload]));
  }

  /** Says CONNECT and PING and waits for what comes of it: "in", or why not. */
  signIn(connect: object = {}): Promise<string> {
    return this.#hearing.signIn((text) => this.send(text), connect);
  }

  greeting(): Promise<Readonly<Record<string, unknown>>> {
    return this.#hearing.greeting();
  }

  close(): void {
    this.#socket.destroy();
  }

  until(holds: () => boolean, what: string): Promise<void> {
    return this.#hearing.until(holds, what);
  }

  #readHead(): void {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return;
    this.status = this.#bytes.latin1Slice(0, this.#bytes.indexOf("\r\n"));
    this.#bytes = this.#bytes.subarray(end + 4);
  }

  #readFrames(): void {
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < 2) return;
      const short = bytes[1]! & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < head) return;
      const length =
        short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
      if (bytes.length < head + length) return;
      const payload = bytes.subarray(head, head + length);
      const opcode = bytes[0]! & 0x0f;
      if (opcode === 8) this.closeCode = payload.readUInt16BE(0);
      else if (opcode <= 2) this.#hearing.add(payload);
      this.#bytes = bytes.subarray(head + length);
    }
  }
}
