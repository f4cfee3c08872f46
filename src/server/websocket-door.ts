// The WebSocket listener's sockets: through their handshake, then into the entrance like any other.

import type { Clock } from "../ports/clock.ts";
import type { Socket, TlsOptions } from "../ports/network.ts";
import type { Trace } from "../ports/trace.ts";
import { unpinned } from "../session/arrival.ts";
import type { Carrier } from "../session/carrier.ts";
import { acceptWebSocket, type WebSocketPolicy } from "../transport/websocket.ts";
import { parseOrigin } from "../transport/websocket-origin.ts";
import type { WebSocketStream } from "../transport/websocket-stream.ts";
import type { WebSocketOptions } from "./config/options.ts";
import type { Entrance } from "./entrance.ts";
import { portTlsOptions } from "./tls-policy.ts";

/** As nats-server's TLS timeout; without one a stranger could hold a socket for ever. */
const defaultHandshakeTimeoutMs = 2_000;

export class WebSocketDoor {
  readonly #entrance: Entrance;
  readonly #clock: Clock;
  readonly #trace: Trace;
  #policy: WebSocketPolicy;
  #pinned: ReadonlySet<string>;

  constructor(options: WebSocketOptions, entrance: Entrance, clock: Clock, trace: Trace) {
    this.#entrance = entrance;
    this.#clock = clock;
    this.#trace = trace;
    this.#policy = policyOf(options);
    this.#pinned = options.tls?.pinnedCerts ?? new Set();
  }

  /** New certificates; nothing else of a websocket block can change while it listens. */
  adopt(options: WebSocketOptions): void {
    this.#policy = policyOf(options);
    this.#pinned = options.tls?.pinnedCerts ?? new Set();
  }

  accept(socket: Socket): void {
    const { doorway } = this.#entrance.guard;
    if (!doorway.arrives(socket, socket.remote.host)) return socket.destroy();
    acceptWebSocket(socket, this.#policy, this.#clock, {
      opened: (stream) => {
        // The entrance counts it from here on.
        doorway.passes(socket);
        const refusal = unpinned(stream.tls, this.#pinned);
        if (refusal === undefined) return this.#entrance.accept(stream, carrierOf(stream));
        this.#trace.log("error", `websocket handshake error: ${refusal.message}`);
        socket.destroy();
      },
      refused: (reason) => {
        doorway.passes(socket);
        this.#trace.log("error", reason);
      },
    });
  }
}

function policyOf(options: WebSocketOptions): WebSocketPolicy {
  const { tls, handshakeTimeoutMs, sameOrigin, allowedOrigins, compression, headers } = options;
  return {
    tls: tls === undefined ? undefined : boundedBy(handshakeTimeoutMs, portTlsOptions(tls)),
    handshakeTimeoutMs: handshakeTimeoutMs > 0 ? handshakeTimeoutMs : defaultHandshakeTimeoutMs,
    origin: {
      sameOrigin,
      allowed: allowedOrigins.map(parseOrigin).filter((origin) => origin !== undefined),
    },
    compression,
    cookies: {
      jwt: named(options.jwtCookie),
      user: named(options.userCookie),
      pass: named(options.passwordCookie),
      token: named(options.tokenCookie),
    },
    headers: [...headers],
  };
}

function boundedBy(timeoutMs: number, options: TlsOptions): TlsOptions {
  return timeoutMs > 0 ? { ...options, timeoutMs } : options;
}

function named(cookie: string): string | undefined {
  return cookie === "" ? undefined : cookie;
}

/** Cookies stand in for what CONNECT leaves empty. [nats-server client.go processConnect] */
function carrierOf(stream: WebSocketStream): Carrier {
  const { jwt, user, pass, token } = stream.cookies;
  return {
    forwardedFor: stream.clientIp ?? "",
    complete: (connect) => ({
      ...connect,
      jwt: connect.jwt === "" ? jwt : connect.jwt,
      user: connect.user === "" ? user : connect.user,
      pass: connect.pass === "" ? pass : connect.pass,
      authToken: connect.authToken === "" ? token : connect.authToken,
    }),
    admitted: (maxPayload) => {
      stream.maxPayload = maxPayload;
      stream.admit();
    },
    closingFor: (reason) => stream.closingFor(reason),
  };
}
