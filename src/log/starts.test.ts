// What a start cannot do to one stream's files is told, and is no other stream's harm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, refuse } from "../../test/log/files.ts";
import { statesOf } from "../../test/log/headers.ts";
import { aLogWith, appendTo, close, openStore, owner, Said, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";

/** Two streams of one message each, stopped in order; the first has an owner's state, larger than a page. */
async function twoStreams(name = "orders"): Promise<{ disk: SimDisk; own: string }> {
  const { store, disk } = await aLogWith([]);
  store.delete("orders");
  await settle(disk);
  const log = store.create(name, { tenant: "t" }, owner);
  const own = disk.listSync("/s/streams")[0]!;
  appendTo(log, ["a"]);
  log.states.save("config", Buffer.alloc(6000, "k"), assert.ifError);
  appendTo(store.create("other", { tenant: "t" }, owner), ["a"]);
  await settle(disk);
  await close(store, disk);
  return { disk: disk.reborn("kill", 1), own };
}

/** What of one stream's files the disk does not give, and whether that stream opens all the same. */
const withheld: readonly (readonly [what: string, call: string, path: RegExp, opens: boolean])[] = [
  ["a segment", "open", /\.seg$/, false],
  ["an index", "open", /\.idx$/, false],
  ["a directory", "list", /\/streams\/[0-9a-f]{16}$/, false],
  ["a copy of the header", "open", /00000000\.a\.state$/, false],
  ["a copy of an owner's state", "read", /(?!0{8})[0-9a-f]{8}\.a\.state$/, true],
];

for (const [what, call, path, opens] of withheld) {
  test(`${what} of one stream that cannot be read is no other stream's harm, nor its own once it can be`, async () => {
    const { disk, own } = await twoStreams();
    disk.plan = (_, what, at) => (what === call && path.test(at) && at.includes(own) ? "EIO" : undefined);

    const store = openStore(disk);

    assert.deepEqual(sequencesOf(store.open("other", owner)), [1]);
    assert.equal(store.entries().length, 2);
    if (opens) assert.equal(store.open("orders", owner).states.load("config")?.length, 6000);
    else assert.throws(() => store.open("orders", owner), /open a stream: EIO/);
    disk.plan = () => undefined;
    await close(store, disk);
    const log = openStore(disk).open("orders", owner);
    assert.deepEqual([sequencesOf(log), log.states.load("config")?.length], [[1], 6000]);
  });
}

test("a stream whose header the start could not make whole can be deleted", async () => {
  const { disk, own } = await twoStreams();
  disk.lose(`/s/streams/${own}/00000000.b.state`);
  refuse(disk, "sync", new RegExp(`${own}/00000000.a.state$`));
  const said = new Said();
  const store = openStore(disk, { trace: said });
  assert.ok(said.has(/a stream is not opened: EIO/));
  assert.throws(() => store.open("orders", owner), /open a stream: EIO/);

  store.delete("orders");

  await settle(disk);
  disk.plan = () => undefined;
  await close(store, disk);
  assert.deepEqual([disk.openFiles, disk.listSync("/s/trash")], [0, []]);
  assert.equal(openStore(disk).entries().length, 1);
});

/** What of the files of a stream that lost its header cannot be read either. */
const lost: readonly (readonly [what: string, call: string, path: RegExp])[] = [
  ["neither page of its copies", "read", /00000000\.[ab]\.state$/],
  ["neither copy", "open", /00000000\.[ab]\.state$/],
  ["neither copy nor the directory", "", /./],
];

for (const [what, call, path] of lost) {
  test(`a stream with a header larger than a page, of which ${what} can be read, stays, and others open`, async () => {
    const { disk, own } = await twoStreams("o".repeat(5000));
    const files = disk.files();
    disk.plan = (_, what, at) =>
      at.includes(own) && path.test(at) && (call === "" || what === call) ? "EIO" : undefined;

    const store = openStore(disk);

    assert.deepEqual(
      store.unreadable.map(({ id, name }) => [id, name]),
      [[own, undefined]],
    );
    assert.deepEqual(sequencesOf(store.open("other", owner)), [1]);
    disk.plan = () => undefined;
    await close(store, disk);
    assert.deepEqual(disk.files(), files);
    assert.deepEqual(sequencesOf(openStore(disk).open("o".repeat(5000), owner)), [1]);
  });
}

test("what lies in the trash and cannot be unlinked is told, and goes with a later start", async () => {
  const { disk, own } = await twoStreams();
  disk.renameSync(`/s/streams/${own}`, `/s/trash/${own}`);
  refuse(disk, "unlink", /\/trash\//);
  const said = new Said();

  const store = openStore(disk, { trace: said });

  assert.ok(said.has(/a deleted stream's files are left: EIO/));
  assert.deepEqual(sequencesOf(store.open("other", owner)), [1]);
  const after = killed(disk);
  openStore(after);
  assert.deepEqual(after.listSync("/s/trash"), []);
});

test("what a cut making left, and cannot be unlinked, is out of the way all the same", async () => {
  const { disk, own } = await twoStreams();
  for (const path of statesOf(disk)) if (path.includes(own)) disk.replace(path, Buffer.alloc(0));
  for (const path of disk.files())
    if (path.includes(own) && !/00000000\.[ab]\.state$/.test(path)) disk.lose(path);
  refuse(disk, "unlink", /\/trash\//);
  const said = new Said();

  const store = openStore(disk, { trace: said });

  assert.ok(said.has(/a deleted stream's files are left: EIO/));
  assert.deepEqual([store.entries().length, store.unreadable.length], [1, 0]);
});
