// A cover hides a record's bytes, and nobody takes it off without the key or in another place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf } from "../../test/world/chance.ts";
import { Fault } from "../base/assert.ts";
import { Cover } from "./cover.ts";
import { flagCompressed, flagEncrypted } from "./record.ts";

const key = Buffer.alloc(32, 7);

const long = Buffer.alloc(3000, "abc");

test("what a cover puts on it takes off, and says how in the flags", () => {
  const noise = Buffer.from(Uint8Array.from({ length: 300 }, (_, i) => (i * 167) ^ (i >> 3)));
  const table: ["none" | "zstd", Buffer | undefined, Buffer, number][] = [
    ["none", undefined, long, 0],
    ["zstd", undefined, long, flagCompressed],
    ["zstd", undefined, long.subarray(0, 255), 0],
    ["zstd", undefined, long.subarray(0, 256), flagCompressed],
    ["zstd", undefined, noise, 0],
    ["none", key, long, flagEncrypted],
    ["zstd", key, long, flagCompressed | flagEncrypted],
    ["none", key, Buffer.alloc(0), flagEncrypted],
  ];
  for (const [compression, under, body, flags] of table) {
    const cover = new Cover(compression, under, "a segment");

    const covered = cover.put(body, 64);

    assert.equal(covered.flags, flags);
    if (flags === 0) assert.equal(covered.body, body);
    else assert.ok(!Buffer.from(covered.body).equals(body));
    assert.ok(cover.take(Buffer.from(covered.body), covered.flags, 64, body.length).equals(body));
  }
});

test("covered bytes are worth nothing without their key, in another place, file, or changed", () => {
  const { body, flags } = new Cover("zstd", key, "a segment").put(long, 64);
  const changed = Buffer.from(body);
  changed[3]! ^= 1;
  const table: [RegExp, () => unknown][] = [
    [
      /without a key/,
      () => new Cover("zstd", undefined, "a segment").take(Buffer.from(body), flags, 64, 3000),
    ],
    [
      /uncover/,
      () => new Cover("zstd", Buffer.alloc(32), "a segment").take(Buffer.from(body), flags, 64, 3000),
    ],
    [/uncover/, () => new Cover("zstd", key, "another").take(Buffer.from(body), flags, 64, 3000)],
    [/uncover/, () => new Cover("zstd", key, "a segment").take(Buffer.from(body), flags, 65, 3000)],
    [/uncover/, () => new Cover("zstd", key, "a segment").take(changed, flags, 64, 3000)],
    [/uncover/, () => new Cover("zstd", key, "a segment").take(Buffer.from(body), flags, 64, 2999)],
    [/uncover/, () => new Cover("zstd", key, "a segment").take(Buffer.from(body), flags, 64, 3001)],
    [/uncover/, () => new Cover("zstd", key, "a segment").take(Buffer.from(body), flags, 64, 0)],
    [/uncover/, () => new Cover("none", undefined, "a segment").take(Buffer.from("plain"), 0, 64, 4)],
  ];

  for (const [message, take] of table)
    assert.throws(take, (error) => error instanceof Fault && message.test(error.message));
});

test("with chance, the same bytes in the same place look different each time, and hold in no other place", () => {
  const chance = chanceOf(1);
  const cover = (): Cover => new Cover("zstd", key, "a segment", chance);
  const [first, second] = [cover().put(long, 64), cover().put(long, 64)];

  assert.ok(!Buffer.from(first.body).subarray(12).equals(Buffer.from(second.body).subarray(12)));
  for (const { body, flags } of [first, second]) {
    assert.ok(cover().take(Buffer.from(body), flags, 64, 3000).equals(long));
    assert.throws(() => cover().take(Buffer.from(body), flags, 65, 3000), /uncover/);
    assert.throws(() => cover().take(Buffer.from(body).subarray(0, 20), flags, 64, 3000), /uncover/);
  }
});

test("the same bytes in two places look different", () => {
  const cover = new Cover("none", key, "a segment");

  assert.ok(!Buffer.from(cover.put(long, 64).body).equals(cover.put(long, 65).body));
});
