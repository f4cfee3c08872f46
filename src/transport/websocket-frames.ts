// The framing of RFC 6455 as a NATS server uses it: bytes in, calls out, and heads of frames to be sent. It keeps no more
// than a frame's head and a control frame's 125 bytes; payload goes on as it comes, unmasked where it lies.

/*  fin rsv1-3 opcode | mask length-7 | length u16 or u64 when 126 or 127 | masking key 4, from the peer | payload  */

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
const CONTINUATION = 0;

const fin = 0x80;
const rsv1 = 0x40;
const rsv2and3 = 0x30;
const maskBit = 0x80;
const controlBytesMax = 125;
const headBytesMax = 14;

export interface FrameHandler {
  /** A piece of a data message; `last` when the message is complete with it. Valid until `feed` returns. */
  onData(piece: Buffer, compressed: boolean, last: boolean): void;
  /** A whole control frame: CLOSE, PING or PONG. */
  onControl(opcode: number, payload: Buffer): void;
  /** The peer broke the protocol; nothing more is read. The text goes into the close frame. */
  onProtocolError(message: string): void;
}

export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #masked: boolean;
  readonly #compress: boolean;
  readonly #head = Buffer.alloc(headBytesMax);
  #headBytes = 0;
  /** Bytes of payload that the frame at hand still has to come; undefined while its head is read. */
  #left: number | undefined = undefined;
  #keyAt = 0;
  #opcode = 0;
  #last = true;
  /** The message at hand, which may be of several frames. */
  #compressed = false;
  #between = true;
  #control: Buffer | undefined = undefined;
  #controlBytes = 0;
  #maskPhase = 0;
  #stopped = false;

  /** `masked`: frames must be masked, else none is; `compress`: permessage-deflate was agreed on. */
  constructor(handler: FrameHandler, masked: boolean, compress: boolean) {
    this.#handler = handler;
    this.#masked = masked;
    this.#compress = compress;
  }

  /** Takes a chunk, which it changes: payload is unmasked in place. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (!this.#stopped && at < chunk.length) {
      if (this.#left === undefined) this.#readHead(chunk[at++]!);
      else at = this.#readPayload(chunk, at, this.#left);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  // Byte by byte, so that a head is judged as early as it can be, wherever it is split.
  #readHead(byte: number): void {
    this.#head[this.#headBytes++] = byte;
    const complaint =
      this.#headBytes === 1
        ? this.#checkFirst(byte)
        : this.#headBytes === 2
          ? this.#checkSecond(byte)
          : undefined;
    if (complaint !== undefined) this.#refuse(complaint);
    if (complaint !== undefined || this.#headBytes < 2) return;

    const short = this.#head[1]! & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (short === 127 && this.#headBytes === 3 && byte >= 0x80) {
      this.#refuse("invalid 64-bit payload length");
      return;
    }
    if (this.#headBytes < 2 + lengthBytes + (this.#masked ? 4 : 0)) return;
    this.#keyAt = 2 + lengthBytes;
    this.#maskPhase = 0;
    this.#headBytes = 0;
    this.#begin(this.#length(short));
  }

  #checkFirst(byte: number): string | undefined {
    const compressed = (byte & rsv1) !== 0;
    if ((byte & rsv2and3) !== 0) return "RSV2 and RSV3 must be clear";
    if (compressed && !this.#compress) {
      return "compressed frame received without negotiated permessage-deflate";
    }
    return undefined;
  }

  // All complaints that need the opcode wait for the second byte, as nats-server's do.
  #checkSecond(byte: number): string | undefined {
    const first = this.#head[0]!;
    const opcode = first & 0x0f;
    const final = (first & fin) !== 0;
    const compressed = (first & rsv1) !== 0;
    if (this.#masked && (byte & maskBit) === 0) return "mask bit missing";
    this.#opcode = opcode;
    if (opcode === CLOSE || opcode === PING || opcode === PONG) {
      if ((byte & 0x7f) > controlBytesMax)
        return "control frame length bigger than maximum allowed of 125 bytes";
      if (!final) return "control frame does not have final bit set";
      return compressed ? "control frame must not be compressed" : undefined;
    }
    if (opcode === TEXT || opcode === BINARY) {
      if (!this.#between) return "new message started before final frame for previous message was received";
      this.#compressed = compressed;
    } else if (opcode === CONTINUATION) {
      if (this.#between || compressed) return "invalid continuation frame";
    } else return `unknown opcode ${opcode}`;
    this.#last = final;
    this.#between = final;
    return undefined;
  }

  #length(short: number): number {
    if (short < 126) return short;
    if (short === 126) return this.#head.readUInt16BE(2);
    // Beyond 2^53 the sum is not exact, and nobody lives to send the difference.
    return this.#head.readUInt32BE(2) * 2 ** 32 + this.#head.readUInt32BE(6);
  }

  #begin(length: number): void {
    this.#left = length;
    if (this.#opcode >= CLOSE) {
      this.#control = Buffer.alloc(length);
      this.#controlBytes = 0;
    }
    if (length === 0) this.#deliver(Buffer.alloc(0), 0);
  }

  #readPayload(chunk: Buffer, at: number, left: number): number {
    const upTo = Math.min(chunk.length, at + left);
    if (this.#masked) this.#unmask(chunk, at, upTo);
    this.#deliver(chunk.subarray(at, upTo), left - (upTo - at));
    return upTo;
  }

  #deliver(piece: Buffer, left: number): void {
    this.#left = left === 0 ? undefined : left;
    if (this.#control === undefined) {
      this.#handler.onData(piece, this.#compressed, this.#last && left === 0);
      return;
    }
    const control = this.#control;
    this.#controlBytes += piece.copy(control, this.#controlBytes);
    if (left > 0) return;
    this.#control = undefined;
    this.#handler.onControl(this.#opcode, control);
  }

  #unmask(bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    const key = this.#keyAt;
    let phase = this.#maskPhase;
    for (let at = start; at < end; at++) {
      bytes[at] = bytes[at]! ^ head[key + phase]!;
      phase = (phase + 1) & 3;
    }
    this.#maskPhase = phase;
  }

  #refuse(message: string): void {
    this.#stopped = true;
    this.#handler.onProtocolError(message);
  }
}

/** Bytes that the head of a frame to be sent takes, which is never masked. */
export function headBytes(payloadBytes: number): number {
  return payloadBytes <= 125 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes a frame's head at `at`; `opcode` 0 continues a message, `final` ends one. */
export function writeHead(
  into: Buffer,
  at: number,
  opcode: number,
  final: boolean,
  compressed: boolean,
  payloadBytes: number,
): void {
  into[at] = opcode | (final ? fin : 0) | (compressed ? rsv1 : 0);
  if (payloadBytes <= 125) into[at + 1] = payloadBytes;
  else if (payloadBytes < 65_536) {
    into[at + 1] = 126;
    into.writeUInt16BE(payloadBytes, at + 2);
  } else {
    into[at + 1] = 127;
    into.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), at + 2);
    into.writeUInt32BE(payloadBytes % 2 ** 32, at + 6);
  }
}

/** A whole control frame; longer payloads are cut. */
export function controlFrame(opcode: number, payload: Uint8Array): Buffer {
  const bytes = Math.min(payload.length, controlBytesMax);
  const frame = Buffer.alloc(2 + bytes);
  writeHead(frame, 0, opcode, true, false, bytes);
  frame.set(payload.subarray(0, bytes), 2);
  return frame;
}

/** The payload of a close frame: status, and a text that ends in "..." when it had to be cut. */
export function closePayload(status: number, text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const room = controlBytesMax - 2;
  const body = bytes.length > room ? Buffer.concat([bytes.subarray(0, room - 3), Buffer.from("...")]) : bytes;
  const payload = Buffer.alloc(2 + body.length);
  payload.writeUInt16BE(status, 0);
  body.copy(payload, 2);
  return payload;
}

/** May a peer give this status? [nats-server websocket.go wsIsValidCloseStatus] */
export function isCloseStatus(status: number): boolean {
  if (status === 1004 || status === 1005 || status === 1006 || status === 1015) return false;
  return (status >= 1000 && status < 1016) || (status >= 3000 && status < 5000);
}
