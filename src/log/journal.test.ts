// A journal's items are read back whole and in order, whatever else its bytes could be taken for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { SimDisk } from "../../test/world/disk.ts";
import {
  itemForgotten,
  itemHeadBytes,
  itemOverhead,
  itemRecords,
  itemState,
  JournalFile,
  JournalGroup,
  journalHeaderBytes,
  journalName,
  parseJournalName,
} from "./journal.ts";
import { epochCeiling, itemsFrom, readJournal } from "./journal-scan.ts";

const storeId = "00112233445566aa";

const streamId = "aabbccddeeff0011";

const seed = crc32(Buffer.from(storeId, "hex"));

/** A journal file of epoch 9 with three items of 10, 20 and 30 bytes; and where each item begins. */
function aJournal(): { bytes: Buffer; at: number[] } {
  const disk = new SimDisk(1);
  const file = new JournalFile("/j", disk.openSync("/j", "create"), storeId, 64 * 1024, 0);
  file.begin(8);
  const group = new JournalGroup(storeId, 64);
  group.put(8, 0, streamId, itemState, 1, 1, 0, Buffer.alloc(500, "old"));
  file.writeSync(group.bytes);
  file.begin(9);
  group.clear();
  const at = [journalHeaderBytes];
  [itemRecords, itemState, itemForgotten].forEach((kind, i) => {
    group.put(9, i, streamId, kind, i + 5, i, i * 100, Buffer.alloc(10 * (i + 1), i + 1));
    at.push(journalHeaderBytes + group.bytes.length);
  });
  file.writeSync(group.bytes);
  return { bytes: Buffer.from(disk.contents("/j")), at };
}

const seen = (bytes: Buffer): string =>
  readJournal(bytes, storeId)
    .items.map(({ number, bytes: its, whole }) => `${number}:${its.length}${whole ? "" : "?"}`)
    .join(" ");

/** What a tenant could store to be taken for the head of an item. */
function forged(epoch: number, begin: number): Buffer {
  const head = Buffer.alloc(itemHeadBytes);
  head.write("CHJI", 0, "latin1");
  head.writeUInt32LE(epoch, 4);
  head.writeUInt32LE(crc32(head.subarray(0, 44), begin), 44);
  return head;
}

test("a journal lies on the disk as docs/disk-format.md draws it", () => {
  const { bytes, at } = aJournal();
  const [first] = at as [number];

  assert.equal(bytes.toString("latin1", 0, 8), "CHAPJNL2");
  assert.equal(bytes.toString("hex", 8, 16), storeId);
  assert.equal(bytes.readUInt32LE(16), 9);
  assert.equal(bytes.readUInt32LE(20), crc32(bytes.subarray(0, 20)));
  const back = first + itemHeadBytes + 10;
  for (const [head, mark] of [
    [first, "CHJI"],
    [back, "CHJE"],
  ] as const) {
    assert.equal(bytes.toString("latin1", head, head + 4), mark);
    assert.equal(bytes.readUInt32LE(head + 4), 9);
    assert.equal(bytes.toString("hex", head + 8, head + 16), streamId);
    assert.deepEqual(
      [16, 20, 24, 28, 32, 36].map((offset) => bytes.readUInt32LE(head + offset)),
      [itemRecords, 5, 0, 0, 10, 0],
    );
    assert.equal(bytes.readUInt32LE(head + 40), crc32(Buffer.alloc(10, 1)));
    assert.equal(bytes.readUInt32LE(head + 44), crc32(bytes.subarray(head, head + 44), seed));
  }
  assert.equal(at[1], first + itemOverhead + 10);
});

test("a journal's items are read in order, those of an older epoch are not", () => {
  const { bytes } = aJournal();

  const { epoch, newest, items, damaged } = readJournal(bytes, storeId);

  assert.deepEqual([epoch, newest, damaged], [9, 9, false]);
  assert.deepEqual(
    items.map(({ streamId: id, kind, number, generation, place }) => [id, kind, number, generation, place]),
    [
      [streamId, itemRecords, 5, 0, 0],
      [streamId, itemState, 6, 1, 100],
      [streamId, itemForgotten, 7, 2, 200],
    ],
  );
  for (const { at, bytes: its } of items) assert.ok(bytes.subarray(at, at + its.length).equals(its));
});

test("damage to a journal costs the items it hit, and is told", () => {
  const { at } = aJournal();
  const second = at[1]!;
  const flip =
    (...places: number[]) =>
    (bytes: Buffer): Buffer => {
      for (const place of places) bytes[place]! ^= 0x40;
      return bytes;
    };
  const third = at[2]!;
  const table: [string, (bytes: Buffer) => Buffer, string, boolean][] = [
    ["nothing", flip(), "5:10 6:20 7:30", false],
    ["the file's mark", flip(0), "5:10 6:20 7:30", true],
    ["the file's store", flip(9), "5:10 6:20 7:30", true],
    ["the file's epoch", flip(16), "5:10 6:20 7:30", true],
    ["bytes of an item", flip(second + itemHeadBytes), "5:10 6:20? 7:30", false],
    ["the front of an item", flip(second + 5), "5:10 6:20 7:30", true],
    ["the length in front of an item", flip(second + 33), "5:10 6:20 7:30", true],
    ["the back of an item", flip(third - 10), "5:10 6:20 7:30", false],
    ["front and back of an item", flip(second, third - 10), "5:10 7:30", true],
    ["the front of the first item", flip(at[0]!), "5:10 6:20 7:30", true],
    ["front and back of the first item", flip(at[0]!, second - 10), "6:20 7:30", true],
    ["the end", (bytes) => bytes.subarray(0, at[3]! - itemHeadBytes - 1), "5:10 6:20 7:29?", false],
    ["the end, with an item's front", (bytes) => bytes.subarray(0, third + 20), "5:10 6:20", false],
    ["everything", (bytes) => bytes.fill(0), "", true],
    ["all but half a header", (bytes) => bytes.subarray(0, 20), "", true],
    ["the whole contents", () => Buffer.alloc(0), "", false],
    ["a file without items", (bytes) => bytes.subarray(0, journalHeaderBytes), "", false],
  ];
  for (const [what, injure, expected, damaged] of table) {
    const bytes = injure(aJournal().bytes);

    assert.equal(seen(bytes), expected, what);
    assert.equal(readJournal(bytes, storeId).damaged, damaged, what);
  }
});

test("a mark inside an item's bytes is no item, and an impossible length none either", () => {
  const disk = new SimDisk(1);
  const file = new JournalFile("/j", disk.openSync("/j", "create"), storeId, 64 * 1024, 0);
  file.begin(3);
  const group = new JournalGroup(storeId, 8);
  const fake = Buffer.alloc(60);
  fake.write("CHJI", 10, "latin1");
  fake.writeUInt32LE(3, 14);
  group.put(3, 0, streamId, itemState, 1, 1, 0, fake);
  const back = Buffer.alloc(48);
  back.write("CHJE", 0, "latin1");
  back.writeUInt32LE(3, 4);
  back.writeUInt32LE(5000, 32);
  back.writeUInt32LE(crc32(back.subarray(0, 44), seed), 44);
  file.writeSync(Buffer.concat([back, group.bytes]));
  const bytes = Buffer.from(disk.contents("/j"));
  bytes[journalHeaderBytes + 48]! ^= 1;

  assert.equal(seen(bytes), "1:60");
  bytes.fill(0, 0, 24);
  assert.deepEqual(
    [seen(bytes), readJournal(bytes, storeId).newest],
    ["1:60", 3],
    "a back tells the epoch too",
  );
});

test("a journal's mark at its very end is gone over", () => {
  const { bytes } = aJournal();
  const cut = Buffer.concat([bytes.subarray(0, journalHeaderBytes), Buffer.from("CHJI\x09\0\0\0", "latin1")]);

  assert.deepEqual(readJournal(cut, storeId).items, []);
  assert.equal(readJournal(cut.fill(0, 0, 20), storeId).newest, 0);
});

test("a journal's header that is an older epoch's again hides nothing of the one that began since", () => {
  const { bytes } = aJournal();
  const older = new SimDisk(1);
  new JournalFile("/j", older.openSync("/j", "create"), storeId, 64 * 1024, 0).begin(8);
  older.contents("/j").copy(bytes, 0, 0, 24);

  const { epoch, newest, items, damaged } = readJournal(bytes, storeId);

  assert.deepEqual([epoch, newest, items.length, damaged], [9, 9, 3, true]);
});

test("what is stored cannot pass for a journal's item, whatever epoch it says", () => {
  const table: [string, number, number, number, boolean][] = [
    ["a head as anybody can make it", 0xffffffff, 0, 9, false],
    ["a head as anybody can make it, the file's header damaged", 0xffffffff, 0, 9, true],
    ["a head inside an item, though its checksum is right", 0xffffffff, seed, 9, false],
    ["a head inside an item, the file's header damaged", 0xffffffff, seed, 9, true],
  ];
  for (const [what, epoch, begin, newest, isDamaged] of table) {
    const disk = new SimDisk(1);
    const file = new JournalFile("/j", disk.openSync("/j", "create"), storeId, 64 * 1024, 0);
    file.begin(9);
    const group = new JournalGroup(storeId, 64);
    group.put(9, 0, streamId, itemState, 1, 1, 0, forged(epoch, begin));
    group.put(9, 1, streamId, itemState, 2, 1, 0, Buffer.alloc(20));
    file.writeSync(group.bytes);
    const bytes = Buffer.from(disk.contents("/j"));
    if (isDamaged) bytes.fill(0, 0, 24);

    const found = readJournal(bytes, storeId);

    assert.deepEqual([found.epoch, found.newest, seen(bytes)], [9, newest, "1:48 2:20"], what);
  }
});

test("an epoch far above every file's header is damage, one a little above is not", () => {
  for (const [epoch, newest] of [
    [9 + 65_536, 9 + 65_536],
    [9 + 65_537, 9],
    [0xffffffff, 9],
  ] as const) {
    const { bytes, at } = aJournal();

    const found = readJournal(Buffer.concat([bytes.subarray(0, at[3]!), forged(epoch, seed)]), storeId);

    assert.equal(found.newest, newest);
  }
});

test("other files' headers tell how far the epochs can have come in a file that lost its own", () => {
  const { bytes } = aJournal();
  const lost = Buffer.concat([Buffer.alloc(journalHeaderBytes), forged(0xffffffff, seed)]);

  assert.equal(readJournal(lost, storeId).newest, 0xffffffff);
  assert.equal(readJournal(lost, storeId, epochCeiling([bytes, lost], storeId)).newest, 0);
});

test("a journal's name tells its number, other names tell nothing", () => {
  assert.equal(journalName(10), "0a.journal");
  assert.equal(parseJournalName("0a.journal"), 10);
  for (const name of ["0g.journal", "00a.journal", "0a.journal.new"])
    assert.equal(parseJournalName(name), undefined);
});

test("in less than a head there is no item, and no way on", () => {
  for (const bytes of [0, 1, itemHeadBytes - 1])
    assert.deepEqual(itemsFrom(Buffer.alloc(bytes), storeId, 9, streamId), {
      items: [],
      end: { kind: "broken" },
    });
});
