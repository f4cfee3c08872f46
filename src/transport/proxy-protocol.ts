// A socket behind a proxy that says first, in a PROXY header of version 1 or 2, whose connection it passes on. Whoever
// reads from the socket gets what follows the header. [nats-server client_proxyproto.go; haproxy.org proxy-protocol.txt]

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Endpoint, Socket, SocketListener, TlsOptions, TlsState } from "../ports/network.ts";
import type { Trace } from "../ports/trace.ts";
import { headerBytesMax, readProxyHeader } from "./proxy-header.ts";

/** A header that takes longer ends the connection. */
const headerTimeoutMs = 5_000;
const unknown: Endpoint = { host: "", port: 0 };
const nothing = Buffer.alloc(0);

export class ProxiedSocket implements Socket, SocketListener {
  /** The client's address; of an unknown host until the header is there. */
  remote: Endpoint = unknown;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #trace: Trace;
  #listener: SocketListener | undefined;
  #waitingForTls: ((rest: Buffer | undefined) => void) | undefined;
  #phase: "before" | "reading" | "past" | "over" = "before";
  #read: Buffer = nothing;
  #deadline: Alarm | undefined;

  constructor(socket: Socket, clock: Clock, trace: Trace) {
    this.#socket = socket;
    this.#clock = clock;
    this.#trace = trace;
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  get tls(): TlsState | undefined {
    return this.#socket.tls;
  }

  get pendingBytes(): number {
    return this.#socket.pendingBytes;
  }

  get writtenBytes(): number {
    return this.#socket.writtenBytes;
  }

  get takenBytes(): number {
    return this.#socket.takenBytes;
  }

  start(listener: SocketListener): void {
    this.#listener = listener;
    if (this.#phase === "before") this.#begin();
  }

  startTls(options: TlsOptions, first: Buffer | undefined, done: (error?: Error) => void): void {
    if (this.#phase === "past") return this.#socket.startTls(options, first, done);
    // The header comes before the handshake, in plain.
    this.#waitingForTls = (rest) => this.#socket.startTls(options, rest, done);
    if (this.#phase === "before") this.#begin();
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // ---- what the socket below says -------------------------------------------------------------------------------

  data(chunk: Buffer): void {
    if (this.#phase === "past") return this.#listener?.data(chunk);
    if (this.#phase !== "reading") return;
    this.#read = Buffer.concat([this.#read, chunk]);
    const found = readProxyHeader(this.#read);
    if (found.kind === "more" && this.#read.length <= headerBytesMax) return;
    if (found.kind === "more") return this.#refuse("invalid PROXY protocol header: too long");
    if (found.kind === "refused") return this.#refuse(found.reason);
    this.#deadline?.cancel();
    this.#phase = "past";
    this.remote = found.client ?? this.#socket.remote;
    const rest = this.#read.subarray(found.length);
    this.#read = nothing;
    this.#passOn(rest);
  }

  drained(): void {
    this.#listener?.drained();
  }

  closed(error?: Error): void {
    this.#deadline?.cancel();
    this.#phase = "over";
    this.#listener?.closed(error);
  }

  #begin(): void {
    this.#phase = "reading";
    this.#deadline = this.#clock.after(headerTimeoutMs, () =>
      this.#refuse("timeout reading PROXY protocol header"),
    );
    this.#socket.start(this);
  }

  #passOn(rest: Buffer): void {
    const startTls = this.#waitingForTls;
    this.#waitingForTls = undefined;
    if (startTls !== undefined) startTls(rest.length > 0 ? rest : undefined);
    else if (rest.length > 0) this.#listener?.data(rest);
  }

  #refuse(reason: string): void {
    const { host, port } = this.#socket.remote;
    this.#trace.log("warn", `Error reading PROXY protocol header from ${host}:${port}: ${reason}`);
    this.#deadline?.cancel();
    this.#socket.destroy();
  }
}
