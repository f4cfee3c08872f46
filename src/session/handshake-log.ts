// What the log says of a client's TLS handshake, in the words of Go's crypto/tls as far as OpenSSL tells the same.
// [nats-server client.go doTLSHandshake, isClientProbeTLSHandshakeError]

import type { TlsState } from "../ports/network.ts";
import type { Trace } from "../ports/trace.ts";

/** OpenSSL's reasons where the first bytes are no TLS: a probe of a load balancer, or a client that goes on in plain. */
const notTls = new Set(["http request", "https proxy request", "wrong version number"]);
const timeout = "TLS handshake timeout";
const words: ReadonlyMap<string, string> = new Map([
  ["peer did not return a certificate", "tls: client didn't provide a certificate"],
  ["unsupported protocol", "tls: client offered only unsupported versions"],
  ["no shared cipher", "tls: no cipher suite supported by both client and server"],
]);

export class HandshakeLog {
  readonly #trace: Trace;
  readonly #name: string;

  /** @param name how log lines call the peer */
  constructor(trace: Trace, name: string) {
    this.#trace = trace;
    this.#name = name;
  }

  begins(): void {
    this.#say("debug", "Starting TLS client connection handshake");
  }

  succeeds(tls: TlsState | undefined): void {
    this.#say("debug", "TLS handshake complete");
    if (tls === undefined) return;
    this.#say("debug", `TLS version ${tls.version.replace("TLSv", "")}, cipher suite ${tls.cipher}`);
  }

  fails({ message }: Error): void {
    if (message === timeout) return this.#say("debug", timeout);
    if (notTls.has(message)) {
      return this.#say("debug", "TLS handshake error: tls: first record does not look like a TLS handshake");
    }
    this.#say("error", `TLS handshake error: ${words.get(message) ?? message}`);
  }

  #say(level: "debug" | "error", text: string): void {
    this.#trace.log(level, `${this.#name} - ${text}`);
  }
}
