// From an accepted socket to its first protocol byte: INFO and the TLS handshake, in whatever order the policy wants.

import { createHash, X509Certificate } from "node:crypto";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Socket, TlsState } from "../ports/network.ts";
import type { Trace } from "../ports/trace.ts";
import { HandshakeLog } from "./handshake-log.ts";
import type { TlsPolicy } from "./settings.ts";

/** The first byte of a TLS handshake record; no NATS command starts with it. */
const clientHello = 0x16;

export interface ArrivalOwner {
  /** How log lines call the peer. */
  readonly logName: string;
  sendInfo(): void;
  /** INFO is sent and TLS, if any, is up; `first` are protocol bytes that came already. */
  arrived(first: Buffer | undefined): void;
  /** There are too many TLS handshakes at the moment. */
  throttled(): void;
  /** The TLS handshake failed, or showed a certificate that is not wanted. */
  failed(): void;
}

export class Arrival {
  readonly #socket: Socket;
  readonly #policy: TlsPolicy | undefined;
  readonly #owner: ArrivalOwner;
  readonly #log: HandshakeLog;
  #waitForHello: Alarm | undefined;
  #waitForWord: Alarm | undefined;
  #infoSent = false;

  constructor(socket: Socket, policy: TlsPolicy | undefined, owner: ArrivalOwner, trace: Trace) {
    this.#log = new HandshakeLog(trace, owner.logName);
    this.#socket = socket;
    this.#policy = policy;
    this.#owner = owner;
  }

  /** @param listen starts the socket's reading, after which chunks come to `data` until the owner is told of the arrival. */
  begin(clock: Clock, listen: () => void): void {
    const policy = this.#policy;
    if (policy === undefined) {
      this.#sendInfo();
      listen();
      return this.#owner.arrived(undefined);
    }
    if (policy.handshakeFirst === "always") return this.#secure(undefined, listen);
    if (policy.handshakeFirst === "never") return this.#greetInPlain(listen, clock);

    listen();
    this.#waitForHello = clock.after(policy.handshakeFirst, () => {
      this.#waitForHello = undefined;
      this.#greetInPlain(() => undefined, clock);
    });
  }

  /** Bytes that came before the arrival: what they begin with tells which kind of client this is. */
  data(chunk: Buffer): void {
    const waited = this.#waitForHello !== undefined;
    this.#waitForHello?.cancel();
    this.#waitForHello = undefined;
    this.#waitForWord?.cancel();
    // Without an INFO only a client that begins with TLS can have spoken; anything else fails the handshake.
    if (waited || chunk[0] === clientHello) return this.#secure(chunk, () => undefined);
    this.#owner.arrived(chunk);
  }

  cancel(): void {
    this.#waitForHello?.cancel();
    this.#waitForWord?.cancel();
  }

  #greetInPlain(listen: () => void, clock: Clock): void {
    const { plainAllowed, options } = this.#policy!;
    this.#sendInfo();
    if (!plainAllowed) return this.#secure(undefined, listen);
    listen();
    // Whoever says nothing at all is taken for a plain client, which must say who it is in time.
    this.#waitForWord = clock.after(options.timeoutMs, () => this.#owner.arrived(undefined));
  }

  #secure(first: Buffer | undefined, listen: () => void): void {
    if (this.#policy!.mayShakeHands?.() === false) return this.#owner.throttled();
    // The chunk is the socket's; it must outlive this call.
    const copy = first === undefined ? undefined : Buffer.from(first);
    this.#log.begins();
    this.#socket.startTls(this.#policy!.options, copy, (error) => {
      const refusal = error ?? unpinned(this.#socket.tls, this.#policy!.pinnedCertificates);
      if (refusal !== undefined) {
        this.#log.fails(refusal);
        return this.#owner.failed();
      }
      this.#log.succeeds(this.#socket.tls);
      this.#sendInfo();
      listen();
      this.#owner.arrived(undefined);
    });
  }

  #sendInfo(): void {
    if (this.#infoSent) return;
    this.#infoSent = true;
    this.#owner.sendInfo();
  }
}

/** Why a peer's certificate is not wanted; undefined if it is, or if any is. */
export function unpinned(
  tls: TlsState | undefined,
  pinned: ReadonlySet<string> | undefined,
): Error | undefined {
  if (pinned === undefined || pinned.size === 0) return undefined;
  const leaf = tls?.peerCertificates[0];
  if (leaf !== undefined && pinned.has(publicKeyDigest(leaf))) return undefined;
  return new Error("certificate not pinned");
}

/** Lower-case hex SHA-256 of a DER certificate's SubjectPublicKeyInfo [nats-server server.go matchesPinnedCert]. */
function publicKeyDigest(certificate: Uint8Array): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("hex");
}
