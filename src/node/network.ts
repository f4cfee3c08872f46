// TCP and TLS as Node offers them, behind the network port.

import { promises as dns } from "node:dns";
import { createServer, isIP, type Socket as NodeSocket, type Server } from "node:net";
import { Fault } from "../base/assert.ts";
import type {
  Endpoint,
  Listener,
  Network,
  Socket,
  SocketListener,
  TlsOptions,
  TlsState,
} from "../ports/network.ts";
import { JoinedReads } from "./joined-reads.ts";
import { stateOf, TlsUpgrades } from "./tls-upgrades.ts";

/** How many connections the kernel may complete before we accept them. */
const backlog = 4_096;

export class NodeNetwork implements Network {
  readonly #upgrades = new TlsUpgrades();

  async listen(at: Endpoint, accept: (socket: Socket) => void): Promise<Listener> {
    const failures: unknown[] = [];
    for (const host of await bindable(at.host)) {
      const server = createServer({ noDelay: true, pauseOnConnect: true }, (raw) => {
        accept(new NodeSocketPort(raw, this.#upgrades));
      });
      try {
        await bound(server, host, at.port);
        return listenerOf(server, at.host);
      } catch (error) {
        failures.push(error);
        if (!noSuchFamily(error)) break;
      }
    }
    const cause = failures.at(-1);
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    throw new Fault(`listen on ${at.host}:${at.port}`, { cause, code });
  }
}

/** What to bind for a configured host, to be tried in turn: "any address" means both families, as Go has it. */
async function bindable(host: string): Promise<readonly string[]> {
  if (host === "0.0.0.0" || host === "") return ["::", "0.0.0.0"];
  if (isIP(host) !== 0) return [host];
  try {
    const found = await dns.lookup(host, { order: "ipv4first" });
    return [found.address];
  } catch (cause) {
    throw new Fault(`look up ${host}`, { cause, code: (cause as NodeJS.ErrnoException).code });
  }
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog, ipv6Only: false }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A machine without IPv6. */
function noSuchFamily(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}

function listenerOf(server: Server, host: string): Listener {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    address: { host, port },
    // Node calls back when the last accepted stream is gone; the port is free at once.
    close: async () => {
      server.close();
    },
  };
}

/** An IPv4 peer of a socket for both families is written as IPv4 all the same. */
function plainAddress(address: string | undefined): string {
  return address === undefined ? "" : address.replace(/^::ffff:(?=[\d.]+$)/, "");
}

/** What libuv knows of a stream, where Node shows it: a TLS stream's handle has no queue of its own. */
interface StreamHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize?: number;
}

class NodeSocketPort implements Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  tls: TlsState | undefined;
  #stream: NodeSocket;
  readonly #upgrades: TlsUpgrades;
  #listener: SocketListener | undefined;
  #error: Error | undefined;
  /** Of a TLS stream, which hands over records one by one. */
  #records: JoinedReads | undefined;

  constructor(raw: NodeSocket, upgrades: TlsUpgrades) {
    this.#stream = raw;
    this.#upgrades = upgrades;
    this.remote = { host: plainAddress(raw.remoteAddress), port: raw.remotePort ?? 0 };
    this.local = { host: plainAddress(raw.localAddress), port: raw.localPort ?? 0 };
    raw.on("error", this.#failed);
    raw.on("close", this.#closed);
  }

  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  get writtenBytes(): number {
    return this.#stream.bytesWritten;
  }

  get takenBytes(): number {
    // A write of much goes by little and little, which the stream does not tell, and its handle does.
    const handle: StreamHandle | null | undefined = Reflect.get(this.#stream, "_handle");
    return handle?.writeQueueSize === undefined
      ? this.#stream.bytesWritten - this.#stream.writableLength
      : handle.bytesWritten - handle.writeQueueSize;
  }

  start(listener: SocketListener): void {
    this.#listener = listener;
    this.#stream.on("data", this.#data);
    this.#stream.on("drain", this.#drained);
    this.#stream.resume();
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return true;
    stream.write(bytes);
    // Most writes reach the kernel within the call, and then the buffer is free again.
    return stream.writableLength === 0;
  }

  startTls(options: TlsOptions, first: Buffer | undefined, done: (error?: Error) => void): void {
    const raw = this.#stream;
    raw.pause();
    raw.off("data", this.#data);
    raw.off("drain", this.#drained);
    if (first !== undefined && first.length > 0) raw.unshift(first);
    this.#upgrades.upgrade(raw, options, (error, secured) => {
      if (secured === undefined) return done(error);
      raw.off("error", this.#failed);
      raw.off("close", this.#closed);
      raw.on("error", ignore); // reported by the secured stream
      this.#stream = secured;
      this.tls = stateOf(secured);
      this.#records = new JoinedReads((bytes) => this.#listener?.data(bytes));
      secured.on("error", this.#failed);
      secured.on("close", this.#closed);
      if (this.#listener !== undefined) this.start(this.#listener);
      done();
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    // A peer that never reads would hold the rest for ever.
    this.#stream.end(() => this.#stream.destroy());
  }

  destroy(): void {
    this.#records?.drop();
    this.#stream.destroy();
  }

  readonly #data = (chunk: Buffer): void => {
    if (this.#records === undefined) this.#listener!.data(chunk);
    else this.#records.add(chunk);
  };
  readonly #drained = (): void => this.#listener!.drained();
  readonly #failed = (error: Error): void => {
    this.#error ??= error;
  };
  readonly #closed = (): void => {
    this.#records?.flush();
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.closed(this.#error);
  };
}

function ignore(): void {
  // The listener exists so that Node does not take a late error for an unhandled one.
}
