// Of small state the newest whole copy counts, and a stream's header is read as it was written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { SimDisk } from "../../test/world/disk.ts";
import { decodeHeader, encodeHeader } from "./header.ts";
import { decodeState, encodeState, parseStateName, readState, stateName } from "./small-state.ts";

const storeId = "00112233445566aa";

const streamId = "aabbccddeeff0011";

test("small state lies on the disk as docs/disk-format.md draws it, and is read back", () => {
  const bytes = encodeState(streamId, 4, 7, Buffer.from("contents"));

  assert.equal(bytes.length, 44);
  assert.equal(bytes.toString("latin1", 0, 8), "CHAPSTA1");
  assert.equal(bytes.toString("hex", 8, 16), streamId);
  assert.deepEqual(
    [16, 20, 24, 28].map((at) => bytes.readUInt32LE(at)),
    [4, 7, 8, 0],
  );
  assert.equal(bytes.readUInt32LE(32), crc32(Buffer.concat([bytes.subarray(0, 32), bytes.subarray(36)])));
  const found = decodeState(Buffer.concat([bytes, Buffer.from("older and longer")]), streamId, 4);
  assert.deepEqual([found!.generation, found!.contents.toString()], [7, "contents"]);
});

test("small state that is changed, cut, or another's is none", () => {
  const bytes = encodeState(streamId, 4, 7, Buffer.from("contents"));

  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 2;
    assert.equal(decodeState(changed, streamId, 4), undefined, `byte ${at}`);
  }
  for (const length of [0, 20, 35, 36, 43])
    assert.equal(decodeState(bytes.subarray(0, length), streamId, 4), undefined);
  assert.equal(decodeState(bytes, streamId, 5), undefined);
  assert.equal(decodeState(bytes, storeId, 4), undefined);
});

test("of two copies of small state the newer whole one counts, and the weaker is named", () => {
  const bytesOf = (generation: number): Buffer =>
    encodeState(streamId, 4, generation, Buffer.from(`${generation}`));
  const bad = Buffer.from("bad");
  const table: [Buffer | undefined, Buffer | undefined, string | undefined, number, boolean, string][] = [
    [undefined, undefined, undefined, 0, true, "a"],
    [bytesOf(3), bytesOf(3), "3", 0, false, "b"],
    [bytesOf(4), bytesOf(3), "4", 0, true, "b"],
    [bytesOf(3), bytesOf(4), "4", 0, true, "a"],
    [bytesOf(3), undefined, "3", 0, true, "b"],
    [undefined, bytesOf(3), "3", 0, true, "a"],
    [bad, bytesOf(3), "3", 1, true, "a"],
    [bytesOf(3), bad, "3", 1, true, "b"],
    [bad, bad, undefined, 2, true, "a"],
  ];
  for (const [a, b, newest, damaged, uneven, weaker] of table) {
    const disk = new SimDisk(1);
    disk.makeDirectorySync("/d");
    for (const [copy, bytes] of [
      ["a", a],
      ["b", b],
    ] as const) {
      if (bytes === undefined) continue;
      const path = `/d/${stateName(4, copy)}`;
      disk.openSync(path, "create").closeSync();
      disk.replace(path, bytes);
    }

    const found = readState(disk, "/d", streamId, 4);

    assert.deepEqual(
      [found.newest?.contents.toString(), found.damaged.length, found.uneven, found.weaker],
      [newest, damaged, uneven, weaker],
    );
    disk.plan = (_, what) => (what === "read" ? "EIO" : undefined);
    const unread = readState(disk, "/d", streamId, 4);
    assert.equal(unread.newest, undefined, "unreadable is damaged");
    assert.equal(unread.damaged.length, [a, b].filter((bytes) => bytes !== undefined).length);
  }
});

test("a state's name tells its number and copy, other names tell nothing", () => {
  assert.equal(stateName(0xabc, "b"), "00000abc.b.state");
  assert.deepEqual(parseStateName("00000abc.b.state"), { number: 0xabc, copy: "b" });
  for (const name of ["00000abc.c.state", "0000abc.b.state", "00000abc.b.state.new"])
    assert.equal(parseStateName(name), undefined);
});

test("a stream's header is read as it was written, and one that makes no sense is none", () => {
  const header = {
    name: "orders",
    tenant: "t",
    compression: "zstd",
    encrypted: true,
    reserved: 5,
    floor: 1,
    clean: true,
    last: 4,
    number: 3,
    order: 2,
  } as const;
  const decoded = (change: Record<string, unknown>) =>
    decodeHeader(Buffer.from(JSON.stringify({ ...header, ...change })));

  assert.deepEqual(decodeHeader(encodeHeader(header)), header);
  assert.deepEqual(decoded({ compression: "none", encrypted: "yes", clean: 1 }), {
    ...header,
    compression: "none",
    encrypted: false,
    clean: false,
  });
  for (const change of [
    { name: 5 },
    { tenant: null },
    { compression: "lzma" },
    { reserved: "5" },
    { floor: 1.5 },
    { last: 2 ** 53 },
    { number: -0.5 },
    { order: undefined },
  ])
    assert.equal(decoded(change), undefined, JSON.stringify(change));
  assert.equal(decodeHeader(Buffer.from("no JSON")), undefined);
});
