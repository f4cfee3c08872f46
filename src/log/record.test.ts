// A record is found as it was written, or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import {
  countedBytes,
  extendRanges,
  getU64,
  headOf,
  kindCommitted,
  kindMessage,
  kindRemoved,
  mergedRanges,
  putCommitted,
  putHead,
  putRemoved,
  putU64,
  type Range,
  recordBytesMax,
  recordHeaderBytes,
  removedLength,
  removedRanges,
  seal,
  soundLength,
} from "./record.ts";

const mark = 0xa1b2c3d4;

const before = 24; // bytes in front of the record, so that no offset is right by being zero

const place = 777;

const sequence = 0x0001_2345_6789;

const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.length);

const ranges = (...pairs: readonly (readonly [number, number])[]): Range[] =>
  pairs.map(([first, last]) => ({ first, last }));

/** A message whose subject, headers and payload are "subject", "headers" and "payload", between other bytes. */
function aMessage(): { buffer: Buffer; end: number } {
  const body = Buffer.from("subjecthpayload");
  const buffer = Buffer.alloc(before + recordHeaderBytes + body.length + 16, 0xee);
  const view = viewOf(buffer);
  putHead(view, before, mark, kindMessage, sequence, -5n, 7, 1, body.length);
  body.copy(buffer, before + recordHeaderBytes);
  const length = recordHeaderBytes + body.length;
  seal(buffer, view, before, place, length, 2);
  return { buffer, end: before + length };
}

test("a record lies on the disk as docs/disk-format.md draws it", () => {
  const { buffer, end } = aMessage();
  const bytes = buffer.subarray(before, end);

  assert.equal(bytes.length, 55);
  assert.equal(bytes.readUInt32LE(0), mark);
  assert.equal(bytes.readUInt32LE(4), crc32(bytes.subarray(8), place));
  assert.equal(bytes.readUInt32LE(8), 55);
  assert.deepEqual([bytes[12], bytes[13]], [1, 2]);
  assert.equal(bytes.readUInt16LE(14), 7);
  assert.equal(bytes.readBigUInt64LE(16), BigInt(sequence));
  assert.equal(bytes.readBigInt64LE(24), -5n);
  assert.equal(bytes.readUInt32LE(32), 1);
  assert.equal(bytes.readUInt32LE(36), 15);
  assert.equal(bytes.toString("latin1", 40), "subjecthpayload");
  assert.ok(
    buffer.subarray(0, before).every((byte) => byte === 0xee),
    "bytes before the record are touched",
  );
  assert.ok(
    buffer.subarray(end).every((byte) => byte === 0xee),
    "bytes behind the record are touched",
  );
});

test("a record's head is read as it was written", () => {
  const { buffer } = aMessage();

  assert.deepEqual(headOf(buffer, before), {
    length: 55,
    kind: kindMessage,
    flags: 2,
    sequence,
    timestampNs: -5n,
    subjectBytes: 7,
    headersBytes: 1,
    bodyBytes: 15,
  });
});

test("a whole record is found, a changed, cut, or misplaced one is not", () => {
  const { buffer, end } = aMessage();
  const sound = (bytes: Buffer, at = before, to = end, its = mark, lies = place): number =>
    soundLength(bytes, at, to, its, lies);

  assert.equal(sound(buffer), 55);
  assert.equal(sound(buffer, before, buffer.length), 55);
  assert.equal(sound(buffer, before, end - 1), 0);
  assert.equal(sound(buffer, before, before + recordHeaderBytes), 0);
  assert.equal(sound(buffer, before, before + recordHeaderBytes - 1), 0);
  assert.equal(sound(buffer.subarray(0, before + 10), before, before + 10), 0);
  assert.equal(sound(buffer, before - 1), 0);
  assert.equal(sound(buffer, before, end, mark + 1), 0);
  assert.equal(sound(buffer, before, end, mark, place + 1), 0);
  for (let at = before; at < end; at++) {
    const changed = Buffer.from(buffer);
    changed[at]! ^= 0x10;
    assert.equal(sound(changed), 0, `byte ${at - before} may change unseen`);
  }
});

test("a length that no record can have is refused whatever the checksum says", () => {
  for (const [length, checked] of [
    [39, 39],
    [12, 12],
    [57, 57],
  ] as const) {
    const buffer = Buffer.alloc(80);
    buffer.writeUInt32LE(mark, 0);
    buffer.writeUInt32LE(length, 8);
    buffer.writeUInt32LE(crc32(buffer.subarray(8, checked), place), 4);

    assert.equal(soundLength(buffer, 0, 56, mark, place), 0, `length ${length}`);
  }
});

test("a record without a body is a record", () => {
  const buffer = Buffer.alloc(before + recordHeaderBytes);

  const length = putCommitted(buffer, viewOf(buffer), before, place, mark, sequence);

  assert.equal(length, recordHeaderBytes);
  assert.equal(soundLength(buffer, before, buffer.length, mark, place), recordHeaderBytes);
  const { kind, sequence: told, bodyBytes } = headOf(buffer, before);
  assert.deepEqual([kind, told, bodyBytes], [kindCommitted, sequence, 0]);
});

test("no record is sealed that is longer than the limit", () => {
  const buffer = Buffer.alloc(recordHeaderBytes);

  assert.throws(() => seal(buffer, viewOf(buffer), 0, 0, recordBytesMax + 1, 0), /limited/);
  assert.doesNotThrow(() => seal(buffer, viewOf(buffer), 0, 0, recordBytesMax, 0));
  assert.equal(recordBytesMax, 83_886_080);
});

test("a note of removed ranges is read as it was written", () => {
  const noted = ranges([1, 1], [5, 2 ** 40], [2 ** 52, Number.MAX_SAFE_INTEGER]);
  const buffer = Buffer.alloc(before + removedLength(3) + 8, 0xee);

  const length = putRemoved(buffer, viewOf(buffer), before, place, mark, noted);

  assert.equal(length, recordHeaderBytes + 48);
  assert.equal(removedLength(3), length);
  assert.equal(soundLength(buffer, before, buffer.length, mark, place), length);
  const { kind, bodyBytes, sequence: none } = headOf(buffer, before);
  assert.deepEqual([kind, bodyBytes, none], [kindRemoved, 48, 0]);
  assert.deepEqual(removedRanges(buffer, before, length), noted);
  assert.equal(buffer.readBigUInt64LE(before + 40 + 16), 5n);
  assert.equal(buffer.readBigUInt64LE(before + 40 + 24), 2n ** 40n);
  assert.ok(buffer.subarray(before + length).every((byte) => byte === 0xee));
});

test("ranges that make no sense are left out of a note", () => {
  const buffer = Buffer.alloc(removedLength(4));
  putRemoved(buffer, viewOf(buffer), 0, place, mark, ranges([0, 5], [7, 6], [9, 9], [3, 4]));

  assert.deepEqual(removedRanges(buffer, 0, buffer.length), ranges([9, 9], [3, 4]));
  assert.deepEqual(removedRanges(buffer, 0, buffer.length - 1), ranges([9, 9]), "half a range is none");
  buffer.fill(0xff, recordHeaderBytes + 48, recordHeaderBytes + 56);
  assert.deepEqual(removedRanges(buffer, 0, buffer.length), ranges([9, 9]));
});

test("numbers above 2^53 are no sequences", () => {
  const buffer = Buffer.alloc(24, 0xee);
  const view = viewOf(buffer);

  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER]) {
    putU64(view, 8, value);

    assert.equal(buffer.readBigUInt64LE(8), BigInt(value));
    assert.equal(getU64(view, 8), value);
  }
  buffer.writeBigUInt64LE(2n ** 53n, 8);
  assert.equal(getU64(view, 8), -1);
});

test("a message counts as nats-server counts it", () => {
  assert.equal(countedBytes(100, false), 130);
  assert.equal(countedBytes(100, true), 134);
});

test("a sequence that follows the last range lengthens it, any other begins one", () => {
  const growing: Range[] = [];

  for (const [first, last] of [
    [3, 3],
    [4, 4],
    [5, 8],
    [10, 10],
    [10, 12],
    [2, 2],
  ] as const) {
    extendRanges(growing, first, last);
  }

  assert.deepEqual(growing, ranges([3, 8], [10, 10], [10, 12], [2, 2]));
});

test("ranges are put in order; those that overlap or touch become one", () => {
  const table: [Range[], Range[]][] = [
    [[], []],
    [ranges([5, 6]), ranges([5, 6])],
    [ranges([7, 9], [1, 3]), ranges([1, 3], [7, 9])],
    [ranges([4, 6], [1, 3]), ranges([1, 6])],
    [ranges([1, 3], [5, 6]), ranges([1, 3], [5, 6])],
    [ranges([1, 10], [2, 3]), ranges([1, 10])],
    [ranges([1, 3], [3, 7], [20, 21], [8, 8]), ranges([1, 8], [20, 21])],
  ];
  for (const [given, expected] of table) {
    const asked = structuredClone(given);

    assert.deepEqual(mergedRanges(given), expected);
    assert.deepEqual(given, asked, "the ranges given are changed");
  }
});
