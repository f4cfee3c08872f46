// Takes an accepted socket through TLS and the WebSocket handshake, within a deadline, and answers with a stream that is
// a Socket itself, so that whoever speaks NATS over it does not know.

import { hostPort } from "../base/host-port.ts";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Socket, SocketListener, TlsOptions } from "../ports/network.ts";
import { Gathered } from "../wire/gathered.ts";
import { httpInsteadOfTls, plainHttpAnswer } from "./plain-http.ts";
import { type BadHead, plain, readHead } from "./websocket-request.ts";
import { WebSocketStream } from "./websocket-stream.ts";
import { decideUpgrade, type UpgradePolicy } from "./websocket-upgrade.ts";

export interface WebSocketPolicy extends UpgradePolicy {
  /** Undefined is plain ws://. */
  readonly tls: TlsOptions | undefined;
  /** TLS and HTTP together; a peer that takes longer is closed. nats-server waits for ever unless told otherwise. */
  readonly handshakeTimeoutMs: number;
}

/** Who hears of a handshake's end, once. */
export interface WebSocketArrival {
  /** Call `start` on the stream, at once or later: nothing arrives before. */
  opened(stream: WebSocketStream): void;
  /** The peer has been answered, if there was anything to answer, and closed; `reason` is for the log. */
  refused(reason: string): void;
}

/** The head of a request may be this long; Go would take a megabyte from a stranger. */
const headBytesMax = 64 * 1024;
/** A refused peer that does not read its answer is dropped after this. */
const lingerMs = 2_000;

/** `socket` must not be started yet. */
export function acceptWebSocket(
  socket: Socket,
  policy: WebSocketPolicy,
  clock: Clock,
  arrival: WebSocketArrival,
): void {
  new Handshake(socket, policy, clock, arrival).begin();
}

class Handshake implements SocketListener {
  readonly #socket: Socket;
  readonly #policy: WebSocketPolicy;
  readonly #clock: Clock;
  readonly #arrival: WebSocketArrival;
  readonly #head = new Gathered();
  #deadline: Alarm | undefined = undefined;
  #stream: WebSocketStream | undefined = undefined;
  #refused = false;

  constructor(socket: Socket, policy: WebSocketPolicy, clock: Clock, arrival: WebSocketArrival) {
    this.#socket = socket;
    this.#policy = policy;
    this.#clock = clock;
    this.#arrival = arrival;
  }

  begin(): void {
    this.#deadline = this.#clock.after(this.#policy.handshakeTimeoutMs, () => {
      this.#drop("websocket handshake error: timeout");
    });
    const tls = this.#policy.tls;
    if (tls === undefined) {
      this.#socket.start(this);
      return;
    }
    this.#socket.startTls(tls, undefined, (error) => {
      if (this.#refused) return;
      if (error !== undefined) this.#dropPlain(error.message);
      else this.#socket.start(this);
    });
  }

  data(chunk: Buffer): void {
    if (this.#stream !== undefined) {
      this.#stream.arrive(chunk);
      return;
    }
    if (this.#refused) return;
    const before = this.#head.length;
    const room = Math.min(chunk.length, headBytesMax - before);
    this.#head.add(chunk, 0, room, headBytesMax);
    const end = endOfHead(this.#head, before);
    if (end !== undefined) this.#decide(end.head, end.next < before + chunk.length);
    else if (this.#head.length === headBytesMax)
      this.#answerBadHead(plain("431 Request Header Fields Too Large"));
  }

  drained(): void {
    this.#stream?.drained();
  }

  closed(error?: Error): void {
    this.#deadline?.cancel();
    if (this.#stream !== undefined) this.#stream.ended(error);
    else this.#refuse(`websocket handshake error: ${error?.message ?? "closed by the peer"}`);
  }

  #decide(head: string, hasMore: boolean): void {
    const request = readHead(head);
    if ("body" in request) {
      this.#answerBadHead(request);
      return;
    }
    const verdict = decideUpgrade(request, this.#socket.tls !== undefined, this.#policy);
    if (verdict.kind === "refused") {
      this.#answerRefusal(verdict.status, verdict.reason);
      return;
    }
    // Nothing of it has been agreed on when these bytes were sent [nats-server websocket.go wsUpgrade].
    if (hasMore) {
      this.#drop("websocket handshake error: client sent data before handshake is complete");
      return;
    }
    this.#deadline?.cancel();
    this.#head.clear();
    this.#socket.pause();
    this.#socket.write(Buffer.from(verdict.answer, "latin1"));
    this.#stream = new WebSocketStream(this.#socket, this.#clock, verdict.upgrade);
    this.#arrival.opened(this.#stream);
  }

  #answerBadHead(bad: BadHead): void {
    const answer = `HTTP/1.1 ${bad.status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`;
    this.#answer(answer + bad.body, `websocket handshake error: ${bad.status}`);
  }

  #answerRefusal(status: string, reason: string): void {
    const body = `${status.slice(status.indexOf(" ") + 1)}\n`;
    const lines = [
      `HTTP/1.1 ${status}`,
      "Content-Type: text/plain; charset=utf-8",
      "Sec-Websocket-Version: 13",
      "X-Content-Type-Options: nosniff",
      `Content-Length: ${body.length}`,
      "Connection: close",
    ];
    this.#answer(`${lines.join("\r\n")}\r\n\r\n${body}`, reason);
  }

  #answer(text: string, reason: string): void {
    this.#deadline?.cancel();
    this.#deadline = this.#clock.after(lingerMs, () => this.#socket.destroy());
    this.#socket.write(Buffer.from(text, "latin1"));
    this.#socket.end();
    this.#refuse(reason);
  }

  #dropPlain(reason: string): void {
    const isHttp = reason === httpInsteadOfTls;
    if (isHttp) this.#socket.write(Buffer.from(plainHttpAnswer, "latin1"));
    const { host, port } = this.#socket.remote;
    const why = isHttp ? "client sent an HTTP request to an HTTPS server" : reason;
    this.#drop(`websocket: TLS handshake error from ${hostPort(host, port)}: ${why}`);
  }

  #drop(reason: string): void {
    this.#deadline?.cancel();
    this.#socket.destroy();
    this.#refuse(reason);
  }

  #refuse(reason: string): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#head.clear();
    this.#arrival.refused(reason);
  }
}

/** The lines before the blank one and where the bytes behind it start. Lines may end with a bare LF, as in Go. */
function endOfHead(gathered: Gathered, searched: number): { head: string; next: number } | undefined {
  const bytes = gathered.bytes.subarray(0, gathered.length);
  let lf = bytes.indexOf(0x0a, Math.max(0, searched - 2));
  for (; lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) {
    const next = bytes[lf + 1] === 0x0d ? lf + 2 : lf + 1;
    if (bytes[next] === 0x0a) return { head: bytes.toString("latin1", 0, lf), next: next + 1 };
  }
  return undefined;
}
