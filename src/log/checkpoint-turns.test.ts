// A segment's index is put together and written a little at a time, however many subjects it tells of.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { close, openStore, owner } from "../../test/log/scene.ts";
import type { DiskFile } from "../ports/disk.ts";
import { MemoryDisk } from "./memory.ts";
import { Segment, segmentHeaderBytes } from "./segment.ts";
import { Subjects } from "./subjects.ts";

/** Tells of each write to an index. */
class ToldDisk extends MemoryDisk {
  wrote: (bytes: number) => void = () => undefined;

  override openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    const file = super.openSync(path, mode);
    if (!path.endsWith(".idx.new")) return file;
    const write = file.write.bind(file);
    file.write = (from, offset, length, position, done) => {
      this.wrote(length);
      write(from, offset, length, position, done);
    };
    return file;
  }
}

test("the index of a segment with a subject a message takes no long turn, encrypted or not, and tells of all", async () => {
  for (const key of [undefined, Buffer.alloc(32, 7)]) {
    const disk = new ToldDisk(2 ** 28);
    const limits = { segmentBytes: 2 * 1024 * 1024, journalBytes: 32 * 1024 * 1024 };
    const store = openStore(disk, { limits });
    const log = store.create("s", { tenant: "t", ...(key && { key }) }, owner);
    const named = mock.method(Subjects.prototype, "name");
    let [names, written, writes] = [0, 0, 0];
    disk.wrote = (bytes) => {
      names = Math.max(names, named.mock.callCount());
      named.mock.resetCalls();
      written = Math.max(written, bytes);
      writes++;
    };
    for (let i = 1; i <= 40_000; i++) log.append(`subject.${i}`, undefined, Buffer.alloc(1), 1n);
    await close(store, disk);
    named.mock.restore();

    assert.ok(writes > 40, `${writes} writes`);
    assert.ok(names <= 1024 && written <= 256 * 1024, `${names} names, ${written} bytes`);
    const scanned = mock.method(Segment.prototype, "readAround");
    const again = openStore(disk, { limits }).open("s", owner, key);
    scanned.mock.restore();
    assert.ok(scanned.mock.calls.every(({ arguments: [, length] }) => length <= segmentHeaderBytes));
    assert.equal(again.state.subjects, 40_000);
    for (const i of [1, 1024, 1025, 8192, 32_769, 40_000]) assert.equal(again.lastOf(`subject.${i}`), i);
  }
});

test("the index of a segment with long subjects of many tokens takes no long turn", async () => {
  const disk = new ToldDisk(2 ** 28);
  const limits = { segmentBytes: 2 * 1024 * 1024, journalBytes: 32 * 1024 * 1024 };
  const log = openStore(disk, { limits }).create("s", { tenant: "t" }, owner);
  const named = mock.method(Subjects.prototype, "name");
  let [names, written, writes] = [0, 0, 0];
  disk.wrote = (bytes) => {
    const lengths = named.mock.calls.map(({ result }) => result!.length);
    named.mock.resetCalls();
    names = Math.max(
      names,
      lengths.reduce((sum, length) => sum + length, 0),
    );
    written = Math.max(written, bytes);
    writes++;
  };
  const deep = "a.".repeat(1990);
  for (let i = 1; log.storedBytes < 2 * 1024 * 1024; i++)
    log.append(`${deep}${i}`, undefined, Buffer.alloc(1), 1n);
  await new Promise((done) => log.whenDurable(done));
  await new Promise((done) => setImmediate(done));
  named.mock.restore();

  assert.ok(writes > 40, `${writes} writes`);
  assert.ok(names <= 68 * 1024 && written <= 68 * 1024, `${names} bytes of names, ${written} written`);
});
