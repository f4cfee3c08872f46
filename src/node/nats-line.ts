// The system account's line to a cell, on the NATS client for Node.

import { X509Certificate } from "node:crypto";
import { connect, createInbox, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import { Fault } from "../base/assert.ts";
import { hostPort } from "../base/host-port.ts";
import type { CellAddress, DialLine, SystemLine } from "../control/regions/system-line.ts";

/** A cell that says nothing for this long is asked whether it is there. */
const pingIntervalMs = 10_000;

export const dialLine: DialLine = async (at, user, timeoutMs) => {
  const authenticator = (nonce?: string) => {
    const sig = Buffer.from(user.sign(Buffer.from(nonce ?? ""))).toString("base64url");
    return { nkey: "", jwt: user.jwt, sig };
  };
  const server = hostPort(at.host, at.port);
  const options = {
    servers: server,
    timeout: timeoutMs,
    reconnect: false,
    name: "chappe control plane",
  };
  try {
    const tls = tlsFor(at);
    return new NatsLine(
      await connect({
        ...options,
        ...tls,
        authenticator,
        pingInterval: pingIntervalMs,
        ignoreAuthErrorAbort: true,
      }),
    );
  } catch (cause) {
    throw new Fault(`connect to the cell at ${server}`, { cause });
  }
};

/**
 * The cell is known by the very certificate it was given, whatever name it is dialled by: the control plane dials
 * the listen address, which need not stand in the certificate.
 */
function tlsFor(at: CellAddress): { readonly tls?: TlsOptions } {
  if (at.certificates === undefined) return {};
  const expected = at.certificates.map((pem) => new X509Certificate(pem).fingerprint256);
  const pinned = {
    ca: at.certificates.join("\n"),
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, shown: { readonly fingerprint256: string }) =>
      expected.includes(shown.fingerprint256)
        ? undefined
        : new Error("the cell shows another certificate than its own"),
  };
  return { tls: pinned as TlsOptions };
}

class NatsLine implements SystemLine {
  readonly #connection: NatsConnection;
  readonly #closed: Promise<unknown>;
  /** Questions under way, to be told when the connection ends. */
  readonly #waiting = new Set<(cause: unknown) => void>();

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#closed = connection.closed().then((error) => {
      for (const broken of [...this.#waiting]) broken(error ?? new Error("the connection closed"));
    });
  }

  get isOpen(): boolean {
    return !this.#connection.isClosed();
  }

  whenClosed(ended: () => void): void {
    void this.#closed.then(ended);
  }

  ask(
    subject: string,
    body: string,
    windowMs: number,
    enough: (answers: readonly Buffer[]) => boolean,
  ): Promise<readonly Buffer[] | "nobody"> {
    return new Promise((resolve, reject) => {
      const answers: Buffer[] = [];
      const inbox = createInbox();
      const broken = (cause: unknown): void => {
        over();
        reject(new Fault(`ask ${subject}`, { cause }));
      };
      const finish = (result: readonly Buffer[] | "nobody"): void => {
        over();
        if (this.isOpen) subscription.unsubscribe();
        resolve(result);
      };
      const window = setTimeout(() => finish(answers), windowMs);
      const over = (): void => {
        clearTimeout(window);
        this.#waiting.delete(broken);
      };
      this.#waiting.add(broken);
      const subscription = this.#connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error) return broken(error);
          if (message.headers?.code === 503) return finish("nobody");
          answers.push(Buffer.from(message.data));
          if (enough(answers)) finish(answers);
        },
      });
      this.#connection.publish(subject, body, { reply: inbox });
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
