// A network in memory: peers are objects, bytes arrive when the test says so, and a peer may refuse to read.
import type {
  Endpoint,
  Listener,
  Network,
  Socket,
  SocketListener,
  TlsOptions,
} from "../../src/ports/network.ts";

export class MemoryNetwork implements Network {
  readonly #accepting = new Map<number, (socket: Socket) => void>();
  #nextPort = 40_000;

  async listen(at: Endpoint, accept: (socket: Socket) => void): Promise<Listener> {
    const port = at.port === 0 ? this.#nextPort++ : at.port;
    this.#accepting.set(port, accept);
    return {
      address: { host: at.host, port },
      close: async () => {
        this.#accepting.delete(port);
      },
    };
  }

  /** Connects a peer; what the server says to it gathers in `heard`. */
  connect(port: number, host = "127.0.0.1"): Peer {
    const accept = this.#accepting.get(port);
    if (accept === undefined) throw new Error(`nobody listens on ${port}`);
    const peer = new Peer({ host, port: this.#nextPort++ }, port);
    accept(peer.socket);
    return peer;
  }
}

/** The far end of a connection. */
export class Peer {
  readonly socket: MemorySocket;

  constructor(from: Endpoint, serverPort: number) {
    this.socket = new MemorySocket(from, { host: "127.0.0.1", port: serverPort });
  }

  /** Everything the server has said, as latin1. */
  get heard(): string {
    return Buffer.concat(this.socket.taken).latin1Slice();
  }

  /** What the server has said since this was last asked. */
  takeHeard(): string {
    const text = this.heard;
    this.socket.taken.length = 0;
    return text;
  }

  get closed(): boolean {
    return this.socket.isClosed;
  }

  send(bytes: string | Buffer): void {
    this.socket.arrive(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Stops and restarts reading; what is written meanwhile waits at the server. */
  stall(stalled: boolean): void {
    this.socket.stall(stalled);
  }

  hangUp(): void {
    this.socket.lose();
  }
}

export class MemorySocket implements Socket {
  readonly tls = undefined;
  readonly taken: Buffer[] = [];
  readonly remote: Endpoint;
  readonly local: Endpoint;
  isClosed = false;
  takenBytes = 0;
  #listener: SocketListener | undefined;
  #waiting: Buffer[] = [];
  #stalled = false;
  #paused = false;
  #early: Buffer[] = [];

  constructor(remote: Endpoint, local: Endpoint) {
    this.remote = remote;
    this.local = local;
  }

  get writtenBytes(): number {
    return this.takenBytes + this.pendingBytes;
  }

  get pendingBytes(): number {
    return this.#waiting.reduce((sum, each) => sum + each.length, 0);
  }

  start(listener: SocketListener): void {
    this.#listener = listener;
    this.#deliver();
  }

  write(bytes: Uint8Array): boolean {
    if (this.isClosed) return true;
    const copy = Buffer.from(bytes);
    if (this.#stalled) {
      this.#waiting.push(copy);
      return false;
    }
    this.#take(copy);
    return true;
  }

  startTls(_options: TlsOptions, _first: Buffer | undefined, done: (error?: Error) => void): void {
    done(new Error("no TLS in memory"));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  end(): void {
    this.stall(false);
    this.isClosed = true;
  }

  destroy(): void {
    this.isClosed = true;
    this.#waiting = [];
  }

  arrive(bytes: Buffer): void {
    this.#early.push(bytes);
    this.#deliver();
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled;
    if (stalled || this.#waiting.length === 0) return;
    for (const bytes of this.#waiting) this.#take(bytes);
    this.#waiting = [];
    this.#listener?.drained();
  }

  /** The peer reads so many of the bytes that wait, and no more. */
  takeOnly(count: number): void {
    const waiting = Buffer.concat(this.#waiting);
    this.#take(waiting.subarray(0, count));
    this.#waiting = count < waiting.length ? [waiting.subarray(count)] : [];
  }

  lose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#listener?.closed();
  }

  #take(bytes: Buffer): void {
    this.taken.push(bytes);
    this.takenBytes += bytes.length;
  }

  #deliver(): void {
    while (this.#listener !== undefined && !this.#paused && !this.isClosed && this.#early.length > 0) {
      this.#listener.data(this.#early.shift()!);
    }
  }
}
