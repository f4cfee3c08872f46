// A read or a write goes on until everything is there, or ends with an error.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SimDisk } from "../../test/world/disk.ts";
import type { DiskFile } from "../ports/disk.ts";
import { readWholeSync, writeWhole, writeWholeSync } from "./transfer.ts";

const bytes = Buffer.from("0123456789");

test("short writes and short reads are gone on with until everything is there", async () => {
  const disk = new SimDisk(1);
  const file = disk.openSync("/f", "create");
  disk.plan = (_, what) => (what === "write" ? "short" : undefined);

  writeWholeSync(file, bytes, 3);
  const heard: unknown[] = [];
  writeWhole(file, bytes, 20, (error) => void heard.push(error));
  while (disk.step());

  assert.deepEqual(heard, [undefined]);
  assert.equal(disk.contents("/f").toString("latin1"), `\0\0\0${bytes}\0\0\0\0\0\0\0${bytes}`);
  const reluctant: Pick<DiskFile, "readSync"> = {
    readSync: (into, offset, length, position) => file.readSync(into, offset, Math.min(length, 3), position),
  };
  assert.ok(readWholeSync(reluctant as DiskFile, 3, 10).equals(bytes));
  assert.equal(
    readWholeSync(reluctant as DiskFile, 20, 100).toString(),
    `${bytes}`,
    "fewer where the file ends",
  );
  assert.equal(readWholeSync(file, 400, 10).length, 0);
});

test("a file that takes nothing more is an error, not a loop", () => {
  const stubborn: Pick<DiskFile, "writeSync" | "write"> = {
    writeSync: () => 0,
    write: (_from, _offset, _length, _position, done) => done(undefined, 0),
  };
  let heard: Error | undefined;

  assert.throws(() => writeWholeSync(stubborn as DiskFile, bytes, 0), /no more bytes/);
  writeWhole(stubborn as DiskFile, bytes, 0, (error) => void (heard = error));

  assert.match(heard!.message, /no more bytes/);
});

test("a write's error reaches whoever asked", () => {
  const disk = new SimDisk(1);
  const file = disk.openSync("/f", "create");
  disk.plan = () => "EIO";
  let heard: Error | undefined;

  assert.throws(() => writeWholeSync(file, bytes, 0), /EIO/);
  writeWhole(file, bytes, 0, (error) => void (heard = error));
  disk.step();

  assert.match(heard!.message, /EIO/);
});
