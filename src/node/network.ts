// TCP and TLS as Node offers them, behind the network port.

import { createServer, type Server, type Socket as NodeSocket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { Fault } from "../base/assert.ts";
import type { Endpoint, Listener, Network, Socket, SocketListener, TlsOptions, TlsState } from "../ports/network.ts";

/** How many connections the kernel may complete before we accept them. */
const backlog = 4_096;

export class NodeNetwork implements Network {
  readonly #upgrades = new TlsUpgrades();

  listen(at: Endpoint, accept: (socket: Socket) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (raw) => {
      accept(new NodeSocketPort(raw, this.#upgrades));
    });
    return new Promise((resolve, reject) => {
      const failed = (cause: Error): void => reject(new Fault(`listen on ${at.host}:${at.port}`, { cause, code: (cause as NodeJS.ErrnoException).code }));
      server.once("error", failed);
      server.listen({ host: at.host, port: at.port, backlog }, () => {
        server.off("error", failed);
        resolve(listenerOf(server, at.host));
      });
    });
  }
}

function listenerOf(server: Server, host: string): Listener {
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    address: { host, port },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

class NodeSocketPort implements Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  tls: TlsState | undefined;
  #stream: NodeSocket;
  readonly #upgrades: TlsUpgrades;
  #listener: SocketListener | undefined;
  #error: Error | undefined;

  constructor(raw: NodeSocket, upgrades: TlsUpgrades) {
    this.#stream = raw;
    this.#upgrades = upgrades;
    this.remote = { host: raw.remoteAddress ?? "", port: raw.remotePort ?? 0 };
    this.local = { host: raw.localAddress ?? "", port: raw.localPort ?? 0 };
    raw.on("error", this.#failed);
    raw.on("close", this.#closed);
  }

  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  get takenBytes(): number {
    return this.#stream.bytesWritten - this.#stream.writableLength;
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
    this.#stream.destroy();
  }

  readonly #data = (chunk: Buffer): void => this.#listener!.data(chunk);
  readonly #drained = (): void => this.#listener!.drained();
  readonly #failed = (error: Error): void => {
    this.#error ??= error;
  };
  readonly #closed = (): void => {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.closed(this.#error);
  };
}

function ignore(): void {
  // The listener exists so that Node does not take a late error for an unhandled one.
}

/** Takes accepted sockets through TLS with one Node TLS server per set of options, which verifies and times out. */
class TlsUpgrades {
  readonly #servers = new WeakMap<TlsOptions, TlsServer>();
  readonly #waiting = new Map<string, (error: Error | undefined, secured: TLSSocket | undefined) => void>();

  upgrade(
    raw: NodeSocket,
    options: TlsOptions,
    done: (error: Error | undefined, secured: TLSSocket | undefined) => void,
  ): void {
    const key = addressesOf(raw);
    const settle = (error: Error | undefined, secured: TLSSocket | undefined): void => {
      if (!this.#waiting.delete(key)) return;
      raw.off("close", ended);
      done(error, secured);
    };
    let failure: Error | undefined;
    const ended = (): void => settle(failure ?? new Error("connection closed during TLS handshake"), undefined);
    raw.on("error", (error) => {
      failure ??= error;
    });
    raw.on("close", ended);
    this.#waiting.set(key, settle);
    this.#serverFor(options).emit("connection", raw);
  }

  #serverFor(options: TlsOptions): TlsServer {
    const known = this.#servers.get(options);
    if (known !== undefined) return known;
    const server = createTlsServer({
      cert: options.cert,
      key: options.key,
      ca: options.ca,
      requestCert: options.verify,
      rejectUnauthorized: options.verify,
      minVersion: options.minVersion ?? "TLSv1.2",
      ciphers: options.ciphers,
      handshakeTimeout: options.timeoutMs,
    });
    server.on("secureConnection", (secured) => this.#waiting.get(addressesOf(secured))?.(undefined, secured));
    server.on("tlsClientError", (error, socket) => {
      this.#waiting.get(addressesOf(socket))?.(error, undefined);
      socket.destroy();
    });
    this.#servers.set(options, server);
    return server;
  }
}

function addressesOf(socket: NodeSocket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

function stateOf(secured: TLSSocket): TlsState {
  const peerCertificates: Buffer[] = [];
  let certificate = secured.getPeerX509Certificate();
  const peerSubject = certificate?.subject;
  while (certificate !== undefined && peerCertificates.length < chainMax) {
    peerCertificates.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return {
    version: secured.getProtocol() ?? "",
    cipher: secured.getCipher().standardName,
    peerCertificates,
    ...(peerSubject === undefined ? {} : { peerSubject }),
  };
}

/** Certificates of a peer's chain that are looked at. */
const chainMax = 10;
