// A socket, a clock and a listener for tests of the WebSocket transport: what they are told is written down, nothing moves
// by itself.

import assert from "node:assert/strict";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Endpoint, Socket, SocketListener, TlsOptions, TlsState } from "../ports/network.ts";
import { acceptWebSocket, type WebSocketPolicy } from "./websocket.ts";
import { headBytes, writeHead } from "./websocket-frames.ts";
import type { WebSocketStream } from "./websocket-stream.ts";

export class FakeSocket implements Socket {
  readonly remote: Endpoint = { host: "192.0.2.1", port: 5 };
  readonly local: Endpoint = { host: "127.0.0.1", port: 80 };
  tls: TlsState | undefined = undefined;
  pendingBytes = 0;
  writtenBytes = 0;
  takenBytes = 0;
  taking = true;
  written: Buffer = Buffer.alloc(0);
  readonly calls: string[] = [];
  listener: SocketListener | undefined = undefined;
  tlsDone: ((error?: Error) => void) | undefined = undefined;

  start(listener: SocketListener): void {
    this.listener = listener;
  }
  write(bytes: Uint8Array): boolean {
    this.written = Buffer.concat([this.written, bytes]);
    return this.taking;
  }
  startTls(_options: TlsOptions, _first: Buffer | undefined, done: (error?: Error) => void): void {
    this.tlsDone = done;
  }
  pause(): void {
    this.calls.push("pause");
  }
  resume(): void {
    this.calls.push("resume");
  }
  end(): void {
    this.calls.push("end");
  }
  destroy(): void {
    this.calls.push("destroy");
  }
  /** The peer sends. */
  receive(bytes: Buffer | string): void {
    this.listener!.data(Buffer.from(bytes as string, "latin1"));
  }
  /** What has been written since the last call. */
  sent(): string {
    const text = this.written.toString("latin1");
    this.written = Buffer.alloc(0);
    return text;
  }
}

export class FakeClock implements Clock {
  #now = 0;
  readonly #alarms: { at: number; ring: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  nowNs(): bigint {
    return BigInt(this.#now) * 1_000_000n;
  }
  monotonicMs(): number {
    return this.#now;
  }
  after(delayMs: number, ring: () => void): Alarm {
    const alarm = { at: this.#now + delayMs, ring };
    this.#alarms.push(alarm);
    return {
      cancel: () => {
        const at = this.#alarms.indexOf(alarm);
        if (at >= 0) this.#alarms.splice(at, 1);
      },
    };
  }
  get alarms(): number {
    return this.#alarms.length;
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const alarm of this.#alarms.filter(({ at }) => at <= this.#now)) {
      this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
      alarm.ring();
    }
  }
}

export const policy: WebSocketPolicy = {
  tls: undefined,
  handshakeTimeoutMs: 2_000,
  origin: { sameOrigin: false, allowed: [] },
  compression: true,
  cookies: { jwt: "cj", user: "cu", pass: "cp", token: "ct" },
  headers: [],
};

/** A handshake as browsers make it, with more lines at its end. */
export function request(...lines: string[]): string {
  return [
    "GET / HTTP/1.1",
    "Host: localhost:80",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...lines,
    "",
    "",
  ].join("\r\n");
}

export class Heard implements SocketListener {
  text = "";
  readonly events: string[] = [];

  data(chunk: Buffer): void {
    this.text += chunk.toString("latin1");
  }
  drained(): void {
    this.events.push("drained");
  }
  closed(error?: Error): void {
    this.events.push(`closed ${error?.message ?? ""}`);
  }
}

export interface Arrived {
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly outcome: { stream?: WebSocketStream; refused?: string };
}

/** A socket that has been accepted and has said nothing yet. */
export function accepted(changed: Partial<WebSocketPolicy> = {}): Arrived {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const outcome: Arrived["outcome"] = {};
  acceptWebSocket(socket, { ...policy, ...changed }, clock, {
    opened: (stream) => {
      outcome.stream = stream;
    },
    refused: (reason) => {
      outcome.refused = reason;
    },
  });
  return { socket, clock, outcome };
}

/** A masked frame as a client sends it; `first` is its first byte. */
export function clientFrame(first: number, payload: Uint8Array | string): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : Buffer.from(payload);
  const head = Buffer.alloc(headBytes(bytes.length));
  writeHead(head, 0, 0, false, false, bytes.length);
  head[0] = first;
  head[1] = head[1]! | 0x80;
  const key = [9, 8, 7, 6];
  return Buffer.concat([head, Buffer.from(key), bytes.map((byte, at) => byte ^ key[at & 3]!)]);
}

export interface Opened {
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly stream: WebSocketStream;
  readonly heard: Heard;
}

/** A stream past its handshake; whatever was sent for that is forgotten. */
export function opened(lines: readonly string[] = [], changed: Partial<WebSocketPolicy> = {}): Opened {
  const { socket, clock, outcome } = accepted(changed);
  socket.receive(request(...lines));
  assert.ok(outcome.stream, `${outcome.refused}`);
  const heard = new Heard();
  outcome.stream.start(heard);
  socket.sent();
  socket.calls.length = 0;
  return { socket, clock, stream: outcome.stream, heard };
}

/** The header of a peer that offers compression, among others. */
export const deflate = "Sec-WebSocket-Extensions: x-other, permessage-deflate; client_max_window_bits";
