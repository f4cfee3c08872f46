// Bytes between `append` and the segment's file: gathered, then taken by a commit, then written.

import type { BufferPool } from "./buffer-pool.ts";
import type { Pending } from "./pending.ts";
import type { Segment } from "./segment.ts";

/** A stretch of one segment that is still in memory. */
export class Piece {
  readonly segment: Segment;
  readonly buffer: Buffer;
  readonly view: DataView;
  /** Where it begins in the segment. */
  readonly start: number;
  length = 0;
  taken = 0;
  committed = 0;
  written = 0;
  /** Of the last message in it; 0 when there is none. */
  lastSequence = 0;

  constructor(segment: Segment, buffer: Buffer, start: number) {
    this.segment = segment;
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.start = start;
  }
}

/** Part of a piece that one commit is about. */
export interface Span {
  readonly piece: Piece;
  readonly from: number;
  readonly to: number;
}

const firstPieceBytes = 4 * 1024;
const largePieceBytes = 256 * 1024;

export class Intake {
  readonly #pool: BufferPool;
  /** Oldest first. */
  #pieces: Piece[] = [];
  readonly #pending: Pending;
  #end = 0;
  #takenEnd = 0;
  #unwrittenBytes = 0;
  #nextPieceBytes = firstPieceBytes;

  constructor(pool: BufferPool, pending: Pending) {
    this.#pool = pool;
    this.#pending = pending;
  }

  /** Bytes appended and not taken by a commit yet. */
  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  /** Whether the stream, its tenant or the store has more of these than it may. */
  get isFull(): boolean {
    return this.#pending.isFull;
  }

  /** All bytes ever appended. */
  get end(): number {
    return this.#end;
  }

  /** How many of them, from the first, were taken or forgotten. */
  get takenEnd(): number {
    return this.#takenEnd;
  }

  /** Bytes in memory that the segments' files do not have. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** A piece with room for `length` bytes at the segment's tail. */
  room(segment: Segment, length: number): Piece {
    const last = this.#pieces[this.#pieces.length - 1];
    if (
      last !== undefined &&
      last.segment === segment &&
      last.start + last.length === segment.tail &&
      last.length + length <= last.buffer.length
    ) {
      return last;
    }
    const piece = new Piece(segment, this.#pool.take(Math.max(this.#nextPieceBytes, length)), segment.tail);
    this.#nextPieceBytes = Math.min(this.#nextPieceBytes * 4, largePieceBytes);
    this.#pieces.push(piece);
    return piece;
  }

  /** The last `length` bytes of room are now a record. */
  grew(piece: Piece, length: number): void {
    piece.length += length;
    piece.segment.tail += length;
    this.#end += length;
    this.#pending.add(length);
    this.#unwrittenBytes += length;
  }

  /** The oldest pending bytes, in whole pieces: up to `bytesMax`, and the piece that passes it. */
  take(bytesMax: number): Span[] {
    const spans: Span[] = [];
    let bytes = 0;
    for (const piece of this.#pieces) {
      if (bytes >= bytesMax) break;
      if (piece.taken === piece.length) continue;
      spans.push({ piece, from: piece.taken, to: piece.length });
      bytes += piece.length - piece.taken;
      piece.taken = piece.length;
    }
    this.#pending.add(-bytes);
    this.#takenEnd = this.pendingBytes === 0 ? this.#end : this.#takenEnd + bytes;
    return spans;
  }

  /** The file has this piece up to `to`. */
  wrote(piece: Piece, to: number): void {
    if (to <= piece.written) return;
    this.#unwrittenBytes -= to - piece.written;
    piece.written = to;
    piece.segment.written = Math.max(piece.segment.written, piece.start + to);
  }

  /** Lets go of pieces that the files have whole. The last one stays while it has room. */
  release(): void {
    if (this.#pieces.length === 0) return;
    const last = this.#pieces[this.#pieces.length - 1]!;
    const kept = this.#pieces.filter(
      (piece) => piece.written < piece.length || (piece === last && !full(piece)),
    );
    if (kept.length === this.#pieces.length) return;
    for (const piece of this.#pieces) if (!kept.includes(piece)) this.#pool.give(piece.buffer);
    this.#pieces = kept;
    if (kept.length === 0) this.#nextPieceBytes = Math.max(firstPieceBytes, this.#nextPieceBytes / 4);
  }

  /** Forgets whatever was not committed; what was stays until it is written. */
  rollBack(): void {
    for (const piece of this.#pieces) {
      this.#unwrittenBytes -= piece.length - Math.max(piece.committed, piece.written);
      piece.length = Math.max(piece.committed, piece.written);
      piece.taken = piece.length;
    }
    this.letGo();
    this.#pieces = this.#pieces.filter((piece) => piece.written < piece.length);
  }

  /** Nothing more is taken of what is pending. */
  letGo(): void {
    this.#pending.add(-this.pendingBytes);
    this.#takenEnd = this.#end;
  }

  /** Forgets all of a segment that is gone. */
  forget(segment: Segment): void {
    this.#pieces = this.#pieces.filter((piece) => {
      if (piece.segment !== segment) return true;
      this.#unwrittenBytes -= piece.length - piece.written;
      this.#pending.add(piece.taken - piece.length);
      return false;
    });
  }

  /** The bytes from `byte` of a segment on, if they are in memory; a view that changes with the piece. */
  find(segment: Segment, byte: number): Buffer | undefined {
    for (let i = this.#pieces.length - 1; i >= 0; i--) {
      const piece = this.#pieces[i]!;
      if (piece.segment === segment && byte >= piece.start && byte < piece.start + piece.length) {
        return piece.buffer.subarray(byte - piece.start, piece.length);
      }
    }
    return undefined;
  }
}

/** Hardly worth another small record. */
function full(piece: Piece): boolean {
  return piece.buffer.length - piece.length < 256;
}
