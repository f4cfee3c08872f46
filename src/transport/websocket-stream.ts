// One WebSocket connection after its handshake, as a Socket: payload up, frames down, control frames answered here.

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Endpoint, Socket, SocketListener, TlsOptions, TlsState } from "../ports/network.ts";
import { Gathered } from "../wire/gathered.ts";
import type { ClosedReason } from "../wire/violation.ts";
import { deflateMessage, inflateMessage } from "./websocket-deflate.ts";
import {
  BINARY,
  CLOSE,
  closePayload,
  controlFrame,
  FrameReader,
  headBytes,
  isCloseStatus,
  PING,
  PONG,
  writeHead,
} from "./websocket-frames.ts";
import { closeStatusFor, goingAway, invalidPayload, protocolError } from "./websocket-status.ts";
import type { Upgrade } from "./websocket-upgrade.ts";

/** Shorter writes are not worth compressing. */
const compressBytesMin = 65;
/** Browsers behave better with frames of at most this [nats-server websocket.go wsFrameSizeForBrowsers]. */
const browserFrameBytes = 4096;
/** Longer payloads are not copied behind their frame's head but sent after it. */
const copiedBytesMax = 64 * 1024;
/** A compressed message before authentication is over: room for CONNECT with a long JWT, compressed or not. */
const strangersMessageBytes = 16 * 1024;
const compressedMultiple = 8;
const compressedBytesMax = 64 * 1024 * 1024;
const defaultMaxPayload = 1024 * 1024;
/** Peers that do not read get no more answers to their pings. */
const pongPendingMax = 64 * 1024;
/** Payload after which frames of one read are handed on without the next: one frame longer at most. */
const joinedBytesMax = 64 * 1024;
/** How long a peer that is being closed may take to read what is still to be sent. */
const lingerMs = 10_000;

export class WebSocketStream implements Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly cookies: Upgrade["cookies"];
  /** What a proxy says is the peer's address; for logs only. */
  readonly clientIp: string | undefined;
  /** Bytes that a compressed message may grow to; the session's payload limit. */
  maxPayload = defaultMaxPayload;

  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #upgrade: Upgrade;
  readonly #reader: FrameReader;
  readonly #message = new Gathered();
  /** What arrived before `start` although the socket is paused: at most what it had read already. */
  readonly #early: Buffer[] = [];
  /** Payload of the read at hand that has not been handed on. */
  #payload: Buffer[] = [];
  #payloadBytes = 0;
  #listener: SocketListener | undefined = undefined;
  #admitted = false;
  #reason: ClosedReason = "Client Closed";
  /** "closing": the close frame is sent, or the socket below is gone. */
  #phase: "open" | "closing" = "open";
  /** The socket below was gone before anybody listened. */
  #goneEarly = false;
  #told = false;
  #linger: Alarm | undefined = undefined;

  /** @param socket is paused and already delivers to whoever calls `arrive` and `ended`. */
  constructor(socket: Socket, clock: Clock, upgrade: Upgrade) {
    this.#socket = socket;
    this.#clock = clock;
    this.#upgrade = upgrade;
    this.remote = socket.remote;
    this.local = socket.local;
    this.cookies = upgrade.cookies;
    this.clientIp = upgrade.clientIp;
    this.#reader = new FrameReader(
      {
        onData: (piece, compressed, last) => this.#data(piece, compressed, last),
        onControl: (opcode, payload) => this.#control(opcode, payload),
        onProtocolError: (message) => this.#fail(protocolError, message, message),
      },
      upgrade.masked,
      upgrade.compress,
    );
  }

  get tls(): TlsState | undefined {
    return this.#socket.tls;
  }

  get pendingBytes(): number {
    return this.#socket.pendingBytes;
  }

  get writtenBytes(): number {
    return this.#socket.writtenBytes;
  }

  get takenBytes(): number {
    return this.#socket.takenBytes;
  }

  /** The peer has authenticated: from now on its compressed messages may be as long as `maxPayload` allows. */
  admit(): void {
    this.#admitted = true;
  }

  /** Why the session is about to call `end`; the close frame says so [nats-server websocket.go wsEnqueueCloseMessage]. */
  closingFor(reason: ClosedReason): void {
    this.#reason = reason;
  }

  start(listener: SocketListener): void {
    this.#listener = listener;
    for (const chunk of this.#early.splice(0)) this.arrive(chunk);
    if (this.#phase === "open") this.#socket.resume();
    else if (this.#goneEarly) this.#tell(undefined);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#phase !== "open" || bytes.length === 0) return true;
    if (this.#upgrade.compress && bytes.length >= compressBytesMin) {
      const deflated = deflateMessage(bytes);
      const whole = this.#upgrade.wholeCompressedFrames || !this.#upgrade.browser;
      return this.#socket.write(framed(deflated, whole ? deflated.length : browserFrameBytes, true));
    }
    if (this.#upgrade.browser) return this.#socket.write(framed(bytes, browserFrameBytes, false));
    if (bytes.length <= copiedBytesMax) return this.#socket.write(framed(bytes, bytes.length, false));

    const head = Buffer.alloc(headBytes(bytes.length));
    writeHead(head, 0, BINARY, true, false, bytes.length);
    this.#socket.write(head);
    return this.#socket.write(bytes);
  }

  /** TLS, if any, came before the handshake. */
  startTls(_options: TlsOptions, _first: Buffer | undefined, done: (error?: Error) => void): void {
    done(new Error("TLS does not run inside WebSocket"));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#phase !== "open") return;
    this.#sayGoodbye(closePayload(closeStatusFor(this.#reason), this.#reason));
  }

  destroy(): void {
    // A peer that was told why it is closed may still read it, for as long as it may linger.
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    this.#reader.stop();
    this.#socket.destroy();
  }

  /** Bytes from the socket below. */
  arrive(chunk: Buffer): void {
    if (this.#phase !== "open") return;
    if (this.#listener === undefined) this.#early.push(Buffer.from(chunk));
    else {
      this.#reader.feed(chunk);
      this.#handOn();
    }
  }

  drained(): void {
    if (this.#phase === "open") this.#listener?.drained();
  }

  /** The socket below is over. */
  ended(error?: Error): void {
    this.#linger?.cancel();
    this.#reader.stop();
    this.#phase = "closing";
    this.#goneEarly = this.#listener === undefined;
    if (!this.#goneEarly) this.#tell(error);
  }

  #data(piece: Buffer, compressed: boolean, last: boolean): void {
    if (compressed) this.#collect(piece, last);
    else this.#add(piece);
  }

  #add(payload: Buffer): void {
    if (payload.length === 0) return;
    this.#payload.push(payload);
    this.#payloadBytes += payload.length;
    // A stranger's first frame may be what admits it, and then more is allowed to the second.
    if (!this.#admitted || this.#payloadBytes >= joinedBytesMax) this.#handOn();
  }

  /** Frames of one read go up together, and are answered together. [nats-server client.go readLoop] */
  #handOn(): void {
    const pieces = this.#payload;
    if (pieces.length === 0) return;
    this.#payload = [];
    this.#payloadBytes = 0;
    this.#listener!.data(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }

  #collect(piece: Buffer, last: boolean): void {
    const most = this.#compressedMax();
    if (this.#message.length + piece.length > most) {
      this.#tooLong();
      return;
    }
    if (piece.length > 0) this.#message.add(piece, 0, piece.length, most);
    if (!last) return;

    const deflated = this.#message.bytes.subarray(0, this.#message.length);
    const inflated = inflateMessage(deflated, this.#inflatedMax());
    this.#message.clear();
    if (inflated === undefined) this.#tooLong();
    else this.#add(inflated);
  }

  #inflatedMax(): number {
    const limit = this.maxPayload > 0 ? this.maxPayload : defaultMaxPayload;
    return this.#admitted ? limit : Math.min(limit, strangersMessageBytes);
  }

  #compressedMax(): number {
    if (!this.#admitted) return strangersMessageBytes;
    return Math.min(compressedBytesMax, this.#inflatedMax() * compressedMultiple);
  }

  // nats-server reports both damage and excess as a read error.
  #tooLong(): void {
    this.#fail(goingAway, "Read Error", "compressed message is damaged or longer than the maximum payload");
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === PING) {
      if (this.#socket.pendingBytes < pongPendingMax) this.#socket.write(controlFrame(PONG, payload));
    } else if (opcode === CLOSE) {
      this.#handOn();
      if (this.#phase === "open") this.#peerCloses(payload);
    }
  }

  #peerCloses(payload: Buffer): void {
    const complaint = complaintAbout(payload);
    if (complaint !== undefined) {
      this.#fail(protocolError, complaint, complaint);
      return;
    }
    const sound = isUtf8(payload.subarray(2));
    this.#finish(
      sound ? payload : closePayload(invalidPayload, "invalid utf8 body in close frame"),
      undefined,
    );
  }

  #fail(status: number, text: string, detail: string): void {
    this.#handOn();
    if (this.#phase !== "open") return;
    this.#finish(closePayload(status, text), new Error(detail));
  }

  /** Ends the stream from this side and tells the listener at once. */
  #finish(close: Buffer, error: Error | undefined): void {
    this.#sayGoodbye(close);
    this.#tell(error);
  }

  #sayGoodbye(close: Buffer): void {
    this.#phase = "closing";
    this.#reader.stop();
    this.#message.clear();
    this.#socket.write(controlFrame(CLOSE, close));
    this.#socket.end();
    this.#linger = this.#clock.after(lingerMs, () => this.#socket.destroy());
  }

  #tell(error: Error | undefined): void {
    if (this.#told) return;
    this.#told = true;
    this.#listener?.closed(error);
  }
}

/** What is wrong with the payload of a close frame. */
function complaintAbout(payload: Buffer): string | undefined {
  if (payload.length === 0) return undefined;
  if (payload.length === 1) return "close frame payload cannot be 1 byte";
  const status = payload.readUInt16BE(0);
  return isCloseStatus(status) ? undefined : `invalid close status code ${status}`;
}

/** The bytes in frames of at most `frameBytes`: one message in fragments when compressed, else a message each. */
function framed(bytes: Uint8Array, frameBytes: number, compressed: boolean): Buffer {
  const frames = Math.max(1, Math.ceil(bytes.length / frameBytes));
  const lastBytes = bytes.length - (frames - 1) * frameBytes;
  const heads = (frames - 1) * headBytes(frameBytes) + headBytes(lastBytes);
  const out = Buffer.allocUnsafe(bytes.length + heads);
  let at = 0;
  for (let n = 0; n < frames; n++) {
    const payload = bytes.subarray(n * frameBytes, (n + 1) * frameBytes);
    const first = n === 0;
    const final = !compressed || n === frames - 1;
    writeHead(out, at, first || !compressed ? BINARY : 0, final, compressed && first, payload.length);
    at += headBytes(payload.length);
    out.set(payload, at);
    at += payload.length;
  }
  return out;
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
}
