// A segment is known by its name and header; what its file lost is read from a journal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { SimDisk } from "../../test/world/disk.ts";
import { Cover } from "./cover.ts";
import { Handles } from "./handles.ts";
import {
  markOf,
  parseSegmentName,
  readSegmentHeader,
  Segment,
  segmentHeader,
  segmentName,
} from "./segment.ts";

const id = "00112233445566aa";

test("a segment's header lies on the disk as docs/disk-format.md draws it", () => {
  const header = segmentHeader(id, 3, 2, 2 ** 40 + 1);

  assert.equal(header.length, 64);
  assert.equal(header.toString("latin1", 0, 8), "CHAPSEG2");
  assert.equal(header.toString("hex", 8, 16), id);
  assert.deepEqual([header.readUInt32LE(16), header.readUInt32LE(20)], [3, 2]);
  assert.equal(header.readBigUInt64LE(24), 2n ** 40n + 1n);
  assert.equal(header.readUInt32LE(32), crc32(`${id} 3 2`));
  assert.ok(header.subarray(36, 60).every((byte) => byte === 0));
  assert.equal(header.readUInt32LE(60), crc32(header.subarray(0, 60)));
});

test("a header is believed when it is whole and of this very segment", () => {
  const header = segmentHeader(id, 3, 2, 77);

  assert.deepEqual(readSegmentHeader(header, id, 3, 2), { kind: "sound", firstSequence: 77 });
  assert.deepEqual(readSegmentHeader(header.subarray(0, 63), id, 3, 2), { kind: "damaged" });
  for (let at = 0; at < 64; at++) {
    const changed = Buffer.from(header);
    changed[at]! ^= 4;
    assert.deepEqual(readSegmentHeader(changed, id, 3, 2), { kind: "damaged" }, `byte ${at}`);
  }
  for (const [other, number, generation] of [
    ["00112233445566ab", 3, 2],
    [id, 4, 2],
    [id, 3, 1],
  ] as const)
    assert.deepEqual(readSegmentHeader(header, other, number, generation), { kind: "foreign" });
});

test("a header of another version is damaged to a reader that does not know it, however sound", () => {
  const header = segmentHeader(id, 3, 2, 77);
  header.write("3", 7, "latin1");
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);

  assert.deepEqual(readSegmentHeader(header, id, 3, 2), { kind: "damaged" });
});

test("no mark is 0, which unwritten bytes are", () => {
  assert.equal(crc32("4632016051220000 1 0"), 0);

  assert.equal(markOf("4632016051220000", 1, 0), 1);
});

test("a segment's name tells its number and generation, other names tell nothing", () => {
  assert.equal(segmentName(0xabc, 0x1f), "00000abc.001f.seg");
  assert.deepEqual(parseSegmentName("00000abc.001f.seg"), { number: 0xabc, generation: 0x1f });
  for (const name of [
    "00000abc.001f.idx",
    "00000abc.001f.seg.new",
    "x00000abc.001f.seg",
    "0000abc.001f.seg",
    "",
  ])
    assert.equal(parseSegmentName(name), undefined, name);
});

test("who waits to sync a segment that goes meanwhile is called back, and nothing is synced", () => {
  const disk = new SimDisk(1);
  const handles = new Handles(disk, 4);
  const segment = new Segment(handles, "/f", id, 1, 0, 1, new Cover("none", undefined, ""));
  handles.create("/f");
  segment.written = 70;
  const heard: (Error | undefined)[] = [];
  segment.sync((error) => void heard.push(error));
  segment.sync((error) => void heard.push(error));
  segment.gone = true;
  while (disk.step());

  segment.settle((error) => void heard.push(error));

  assert.deepEqual(heard, [undefined, undefined, undefined]);
  assert.equal(disk.syncs, 1);
});

test("what the file lost and a journal has is read from there, before, across and behind the file's end", () => {
  const handles = new Handles(new SimDisk(1), 4);
  const segment = new Segment(handles, "/f", id, 1, 0, 1, new Cover("none", undefined, ""));
  handles.create("/f").writeSync(Buffer.from("abcdefgh"), 0, 8, 0);
  segment.rescue(2, Buffer.from("CD"));
  segment.rescue(6, Buffer.from("GHIJ"));

  assert.equal(segment.read(0, 8).toString(), "abCDefGH");
  assert.equal(segment.read(3, 2).toString(), "De");
  assert.equal(segment.read(4, 2).toString(), "ef");
  assert.equal(segment.read(5, 20).toString(), "fGHIJ");
  assert.equal(segment.read(9, 1).toString(), "J");
  segment.synced = 4;
  segment.rescue(0, Buffer.from("AB"));
  assert.equal(segment.read(0, 2).toString(), "ab", "what was synced is not lost");
});

test("a sector that cannot be read is no hole where a journal has what lay in it", () => {
  const page = 4096;
  const disk = new SimDisk(1);
  const handles = new Handles(disk, 4);
  const segment = new Segment(handles, "/f", id, 1, 0, 1, new Cover("none", undefined, ""));
  const file = handles.create("/f");
  file.writeSync(Buffer.alloc(4 * page, "f"), 0, 4 * page, 0);
  disk.spoil("/f", page);
  const holes = (): number[][] => segment.readAround(0, 4 * page).holes.map(({ from, to }) => [from, to]);
  assert.deepEqual(holes(), [[page, 2 * page]]);

  segment.rescue(page + 100, Buffer.alloc(200, "r"));
  assert.deepEqual(holes(), [
    [page, page + 100],
    [page + 300, 2 * page],
  ]);
  assert.equal(segment.readAround(page + 100, 3).bytes.toString(), "rrr");
  segment.rescue(page - 10, Buffer.alloc(110, "r"));
  assert.deepEqual(holes(), [[page + 300, 2 * page]]);
  segment.rescue(page + 300, Buffer.alloc(page, "r"));
  assert.deepEqual(holes(), []);
});

test("what a failed sync left in doubt is not read before the journal that has it could be", () => {
  const disk = new SimDisk(1);
  const segment = new Segment(new Handles(disk, 4), "/f", id, 1, 0, 1, new Cover("none", undefined, ""));
  const handles = new Handles(disk, 4);
  handles.create("/f").writeSync(Buffer.from("abcdefgh"), 0, 8, 0);
  segment.synced = 4;
  let unread: Error | undefined = new Error("EIO: the journal");
  segment.onRescue = () => unread;
  disk.plan = (_, what) => (what === "sync" ? "EIO" : undefined);
  const heard: (Error | undefined)[] = [];
  segment.sync((error) => void heard.push(error));
  disk.step();
  assert.match(String(heard[0]), /EIO/);

  assert.equal(segment.read(0, 4).toString(), "abcd");
  assert.throws(() => segment.read(0, 5), /in doubt: EIO: the journal/);
  assert.throws(() => segment.readAround(4, 1), /in doubt/);
  unread = undefined;
  segment.rescue(4, Buffer.from("EFGH"));
  assert.equal(segment.read(0, 8).toString(), "abcdEFGH");
});
