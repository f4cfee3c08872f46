// Reading one record where the index says it lies, checking it, and telling the owner of what is not what was written.

import { Fault } from "../base/assert.ts";
import { codeOf } from "./context.ts";
import type { Intake } from "./intake.ts";
import { headOf, kindMessage, recordBytesMax, recordHeaderBytes, soundLength } from "./record.ts";
import type { Segment } from "./segment.ts";
import type { Around } from "./transfer.ts";

/** A message as it was appended. The byte views share one buffer with their neighbours: copy what is kept long. */
export interface StoredMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Buffer;
  readonly payload: Buffer;
  readonly timestampNs: bigint;
}

/** Read at once while records are asked for in order. */
const aheadBytes = 128 * 1024;
const nothing = Buffer.alloc(0);
/** Read for a record whose length is not known. */
const guessBytes = 4096;

export class Reader {
  readonly #intake: Intake;
  #chunk: Buffer = nothing;
  #chunkAt = 0;
  #chunkOf: Segment | undefined;
  #lastEnd = -1;
  #isClosed = false;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** Forgets what was read ahead; its file changes under it. */
  forget(): void {
    this.#chunkOf = undefined;
    this.#chunk = nothing;
  }

  /** From now on it finds nothing, and opens no file. */
  close(): void {
    this.forget();
    this.#isClosed = true;
  }

  /**
   * The message at `byte`; undefined when what lies there is not that message, whole.
   * `length` is the record's, or 0 when unknown.
   * @throws Fault when the file cannot be read, or the stream's key is not the one it was written with.
   */
  message(segment: Segment, byte: number, length: number, sequence: number): StoredMessage | undefined {
    const bytes = this.#record(segment, byte, length);
    if (bytes === undefined) return undefined;
    const head = headOf(bytes, 0);
    if (head.kind !== kindMessage || head.sequence !== sequence) return undefined;
    const covered = bytes.subarray(recordHeaderBytes, head.length);
    const body = head.flags === 0 ? covered : segment.cover.take(covered, head.flags, byte, head.bodyBytes);
    const headersAt = head.subjectBytes;
    const payloadAt = headersAt + head.headersBytes;
    if (payloadAt > body.length) return undefined;
    return {
      sequence,
      subject: body.latin1Slice(0, headersAt),
      headers: body.subarray(headersAt, payloadAt),
      payload: body.subarray(payloadAt),
      timestampNs: head.timestampNs,
    };
  }

  /**
   * The fixed part alone, unchecked but for the mark; undefined when there is no record. `inOrder`: those behind it will
   * be asked for next.
   */
  head(segment: Segment, byte: number, inOrder = false): ReturnType<typeof headOf> | undefined {
    const bytes = this.#bytes(segment, byte, recordHeaderBytes, recordHeaderBytes, inOrder);
    if (bytes.length < recordHeaderBytes || bytes.readUInt32LE(0) !== segment.mark) return undefined;
    return headOf(bytes, 0);
  }

  /** The whole, checked record at `byte`. */
  #record(segment: Segment, byte: number, length: number): Buffer | undefined {
    let bytes = this.#bytes(segment, byte, length || recordHeaderBytes, length || guessBytes);
    if (bytes.length < recordHeaderBytes) return undefined;
    const told = bytes.readUInt32LE(8);
    if (told > bytes.length) {
      if (told > recordBytesMax) return undefined;
      bytes = this.#bytes(segment, byte, told, told);
    }
    if (soundLength(bytes, 0, bytes.length, segment.mark, byte) === 0) return undefined;
    this.#lastEnd = byte + told;
    return bytes;
  }

  /** At least `needed` bytes from `byte` on, and rather `wanted`; fewer where the file ends. */
  #bytes(segment: Segment, byte: number, needed: number, wanted: number, isFollowed = false): Buffer {
    if (this.#isClosed) return nothing;
    const gathered = this.#intake.find(segment, byte);
    if (gathered !== undefined) return Buffer.from(gathered.subarray(0, Math.max(wanted, guessBytes)));
    const inChunk = segment === this.#chunkOf ? byte - this.#chunkAt : -1;
    if (inChunk >= 0 && inChunk + wanted <= this.#chunk.length) return this.#chunk.subarray(inChunk);
    const inOrder = isFollowed || (byte === this.#lastEnd && segment === this.#chunkOf);
    const end = Math.min(
      byte + (inOrder ? Math.max(wanted, aheadBytes) : wanted),
      Math.max(segment.written, byte),
    );
    this.#chunk = this.#read(segment, byte, needed, end - byte);
    this.#chunkAt = byte;
    this.#chunkOf = segment;
    return this.#chunk;
  }

  /** Up to the first sector that cannot be read, if that lies behind what is needed. */
  #read(segment: Segment, byte: number, needed: number, length: number): Buffer {
    try {
      return segment.read(byte, length);
    } catch (cause) {
      const fault = new Fault("read a segment", { path: segment.path, cause });
      if (codeOf(cause) !== "EIO") throw fault;
      const { bytes, holes } = around(segment, byte, length, fault);
      const hole = holes[0] === undefined ? bytes.length : holes[0].from - byte;
      if (hole < Math.min(needed, bytes.length)) throw fault;
      return bytes.subarray(0, hole);
    }
  }
}

function around(segment: Segment, byte: number, length: number, fault: Fault): Around {
  try {
    return segment.readAround(byte, length);
  } catch {
    throw fault; // the first failure tells as much as the second
  }
}
