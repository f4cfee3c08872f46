// Bytes of a segment are in memory as long as anybody may need them from there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SimDisk } from "../../test/world/disk.ts";
import { BufferPool } from "./buffer-pool.ts";
import { Cover } from "./cover.ts";
import { Handles } from "./handles.ts";
import { Intake } from "./intake.ts";
import { Pending } from "./pending.ts";
import { Segment } from "./segment.ts";

function aSegment(number = 1): Segment {
  const handles = new Handles(new SimDisk(1), 1);
  return new Segment(handles, "/x", "0000000000000000", number, 0, 1, new Cover("none", undefined, ""));
}

/** So many bytes, as a record at the segment's end. */
function put(intake: Intake, segment: Segment, length: number): void {
  const piece = intake.room(segment, length);
  piece.buffer.fill(length & 255, piece.length, piece.length + length);
  intake.grew(piece, length);
}

test("bytes are pending until taken, and unwritten until the file has them", () => {
  const intake = new Intake(new BufferPool(), new Pending(1e6));
  const segment = aSegment();
  put(intake, segment, 100);
  put(intake, segment, 5000);
  assert.deepEqual([intake.pendingBytes, intake.unwrittenBytes, segment.tail], [5100, 5100, 5164]);

  const spans = intake.take(1e6);
  put(intake, segment, 7);

  assert.deepEqual(
    spans.map(({ from, to }) => [from, to]),
    [
      [0, 100],
      [0, 5000],
    ],
  );
  assert.equal(intake.pendingBytes, 7);
  assert.deepEqual(
    intake.take(1e6).map(({ from, to }) => to - from),
    [7],
  );
  const [first, second] = intake.pieces as [(typeof intake.pieces)[0], (typeof intake.pieces)[0]];
  intake.wrote(first, 60);
  intake.wrote(first, 60);
  intake.wrote(first, 20);
  assert.deepEqual([intake.unwrittenBytes, first.written, segment.written], [5047, 60, 124]);
  intake.wrote(first, 100);
  intake.wrote(second, second.length);
  assert.deepEqual([intake.unwrittenBytes, segment.written], [0, 5171]);
});

test("bytes in memory are found by their place, while they are there", () => {
  const intake = new Intake(new BufferPool(), new Pending(1e6));
  const [segment, other] = [aSegment(1), aSegment(2)];
  put(intake, segment, 100);
  put(intake, segment, 5000);

  assert.equal(intake.find(segment, 64)!.length, 100);
  assert.equal(intake.find(segment, 163)!.length, 1);
  assert.equal(intake.find(segment, 164)!.length, 5000);
  for (const at of [63, 5164]) assert.equal(intake.find(segment, at), undefined);
  assert.equal(intake.find(other, 64), undefined);
  const [first] = intake.pieces;
  intake.wrote(first!, 100);
  intake.release();
  assert.equal(intake.find(segment, 64), undefined);
  assert.equal(intake.find(segment, 164)!.length, 5000);
});

test("the last piece is written on while it has room, and no other", () => {
  const intake = new Intake(new BufferPool(), new Pending(1e6));
  const [segment, other] = [aSegment(1), aSegment(2)];
  put(intake, segment, 100);
  const [first] = intake.pieces;
  intake.wrote(first!, 100);
  intake.release();
  put(intake, segment, 50);
  assert.equal(intake.pieces.length, 1, "it had room");
  put(intake, other, 50);
  put(intake, segment, 50);
  assert.equal(intake.pieces.length, 3);
  segment.tail += 10;
  put(intake, segment, 1);
  assert.equal(intake.pieces.length, 4, "not behind the segment's end");
});

test("what was not committed is forgotten, what was is kept until it is written", () => {
  const intake = new Intake(new BufferPool(), new Pending(1e6));
  const segment = aSegment();
  put(intake, segment, 100);
  const [piece] = intake.take(1e6).map((span) => span.piece);
  piece!.committed = 100;
  put(intake, segment, 30);

  intake.rollBack();

  assert.deepEqual([intake.pendingBytes, intake.unwrittenBytes, piece!.length], [0, 100, 100]);
  assert.deepEqual(intake.take(1e6), []);
  intake.wrote(piece!, 100);
  intake.rollBack();
  assert.deepEqual([intake.pieces.length, intake.unwrittenBytes], [0, 0]);
});

test("a segment that is gone takes its bytes along", () => {
  const intake = new Intake(new BufferPool(), new Pending(1e6));
  const [segment, other] = [aSegment(1), aSegment(2)];
  put(intake, segment, 100);
  intake.take(1e6);
  put(intake, segment, 30);
  put(intake, other, 9);
  intake.wrote(intake.pieces[0]!, 20);

  intake.forget(segment);

  assert.deepEqual([intake.pendingBytes, intake.unwrittenBytes, intake.pieces.length], [9, 9, 1]);
});

test("buffers are used again, up to so many bytes", () => {
  const pool = new BufferPool();
  const [small, large] = [pool.take(1), pool.take(5000)];
  assert.deepEqual([small.length, large.length], [4096, 8192]);

  pool.give(small);
  pool.give(large);
  assert.ok(pool.take(8192) === large);
  assert.ok(pool.take(4096) === small);
  assert.ok(pool.take(4096) !== small);
  const huge = [pool.take(5 * 1024 * 1024), pool.take(8 * 1024 * 1024)];
  for (const buffer of huge) pool.give(buffer);
  assert.ok(pool.take(8 * 1024 * 1024) === huge[0], "8 MB are kept");
  assert.ok(pool.take(8 * 1024 * 1024) !== huge[1], "and no more");
});
