// Takes accepted sockets through a TLS handshake with Node's TLS server, which verifies and times out.

import { X509Certificate } from "node:crypto";
import type { Socket as NodeSocket } from "node:net";
import type { SecureContext, SecureContextOptions, TLSSocket, Server as TlsServer } from "node:tls";
import type { KeyMaterial, TlsOptions, TlsState } from "../ports/network.ts";

/** Certificates of a peer's chain that are looked at. */
const chainMax = 10;

/** Ten milliseconds of a start that most brokers do without. */
const tls = (): typeof import("node:tls") => process.getBuiltinModule("node:tls");

type Done = (error: Error | undefined, secured: TLSSocket | undefined) => void;

export class TlsUpgrades {
  /** One Node TLS server per set of options: it accepts nothing by itself, sockets are handed to it. */
  readonly #servers = new WeakMap<TlsOptions, TlsServer>();
  readonly #waiting = new Map<string, Done>();

  /** Calls `done` once: with a secured socket, or with why there is none; then the raw one is destroyed. */
  upgrade(raw: NodeSocket, options: TlsOptions, done: Done): void {
    const key = addressesOf(raw);
    const settle: Done = (error, secured) => {
      if (!this.#waiting.delete(key)) return;
      raw.off("close", ended);
      done(error, secured);
    };
    let failure: Error | undefined;
    const ended = (): void => settle(failure ?? new Error("EOF"), undefined);
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
    const server = tls().createServer({
      ...contextOf(options, options),
      requestCert: options.verify,
      rejectUnauthorized: options.verify,
      handshakeTimeout: options.timeoutMs,
      ...(options.others === undefined ? {} : { SNICallback: chooser(options, options.others) }),
    });
    server.on("secureConnection", (secured) => this.#waiting.get(addressesOf(secured))?.(undefined, secured));
    server.on("tlsClientError", (error, socket) => {
      this.#waiting.get(addressesOf(socket))?.(new Error(reasonOf(error), { cause: error }), undefined);
      socket.destroy();
    });
    this.#servers.set(options, server);
    return server;
  }
}

function contextOf(options: TlsOptions, { cert, key }: KeyMaterial): SecureContextOptions {
  return {
    cert,
    key,
    // OpenSSL adds the authorities it knows to the chain it shows; nats-server shows its certificate file as it is.
    ca: options.verify ? options.ca : [],
    minVersion: options.minVersion ?? "TLSv1.2",
    ciphers: options.ciphers,
    ecdhCurve: options.curves,
    honorCipherOrder: true,
  };
}

type Choose = (name: string, choose: (error: Error | null, context?: SecureContext) => void) => void;

/** The first certificate that has the name asked for, as Go's crypto/tls chooses; none: the first of all. */
function chooser(options: TlsOptions, others: readonly KeyMaterial[]): Choose {
  const all = [options, ...others].map((material) => ({
    certificate: new X509Certificate(material.cert),
    context: tls().createSecureContext(contextOf(options, material)),
  }));
  return (name, choose) => {
    const found = all.find(({ certificate }) => certificate.checkHost(name) !== undefined);
    choose(null, (found ?? all[0]!).context);
  };
}

/** OpenSSL's reason, without the place in its sources. */
function reasonOf(error: Error): string {
  return (error as { readonly reason?: string }).reason ?? error.message;
}

function addressesOf(socket: NodeSocket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

export function stateOf(secured: TLSSocket): TlsState {
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
