// A store ends once, whoever asks and whatever goes on; and one that could not begin leaves nothing open.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, refuse } from "../../test/log/files.ts";
import {
  aLogWith,
  close,
  closing,
  lazy,
  opened,
  openStore,
  owner,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";

type Done = (error: Error | undefined) => void;

/** Fails the call with this number, of those that a test makes from now on; answers whether it was made. */
function failOne(disk: SimDisk, number: number): () => boolean {
  let made = 0;
  disk.plan = () => (++made === number ? "EIO" : undefined);
  return () => made >= number;
}

test("a store that could not be opened has no file open, whichever call of the disk failed", async () => {
  const scene = await aLogWith(repeated(20), {}, lazy);
  for (let number = 1; ; number++) {
    const disk = killed(scene.disk.copy(1));
    const isMade = failOne(disk, number);
    let failure: unknown;

    try {
      openStore(disk);
    } catch (cause) {
      failure = cause;
    }

    if (failure !== undefined) assert.equal(disk.openFiles, 0, `call ${number}`);
    disk.plan = () => undefined;
    assert.equal(opened(killed(disk)).log.state.messages, 20);
    if (!isMade()) break;
  }
});

test("a stream that could not be made is not there, whichever call of the disk failed, and can be made after all", async () => {
  for (let number = 1; ; number++) {
    const { disk, store } = await aLogWith(["a"]);
    const isMade = failOne(disk, number);
    let failure: unknown;

    try {
      store.create("new", { tenant: "t" }, owner);
    } catch (cause) {
      failure = cause;
    }

    disk.plan = () => undefined;
    if (!isMade()) break;
    if (failure === undefined) continue; // written or read after all
    assert.match(String(failure), /make a stream.*EIO/, `call ${number}`);
    assert.deepEqual(
      store.entries().map(({ name }) => name),
      ["orders"],
    );
    const log = store.create("new", { tenant: "t" }, owner);
    assert.equal(log.append("a", undefined, Buffer.alloc(1), 1n), 1);
    await settle(disk);
    assert.equal(log.committed, 1);
  }
});

test("a journal file that cannot be made leaves no file open, and one name, however often that is tried", async () => {
  const limits = { journalBytes: 8192, journalFilesMax: 4 };
  const { disk, clock, log, store } = await aLogWith(["a"], {}, limits);
  let left = 0;
  const open = disk.openSync.bind(disk);
  disk.openSync = (path, mode) => {
    const file = open(path, mode);
    if (!path.endsWith(".journal")) return file;
    left++;
    const closeSync = (): void => {
      left--;
      file.closeSync();
    };
    return { ...file, closeSync };
  };
  refuse(disk, "write", /0[1-9a-f]\.journal$/, "ENOSPC");
  for (let attempt = 0; attempt < 20; attempt++) {
    log.append("a", undefined, Buffer.alloc(3000), 1n);
    await settle(disk);
    clock.advance(300);
  }
  assert.equal(log.phase, "open");
  assert.deepEqual(disk.listSync("/s/journal"), ["00.journal", "01.journal"]);
  assert.equal(left, 0);

  disk.plan = () => undefined;
  const last = log.append("a", undefined, Buffer.alloc(3000), 1n);
  await settle(disk);

  assert.equal(log.committed, last);
  const kept = sequencesOf(log);
  await close(store, disk);
  assert.deepEqual(sequencesOf(opened(disk).log), kept);
});

test("whoever closes a store is answered once, also when it is closing or closed", async () => {
  const { disk, store } = await aLogWith(["a"]);
  const heard: string[] = [];
  const told =
    (who: string): Done =>
    (error) =>
      void heard.push(`${who}: ${error?.message}`);

  store.close(told("first"));
  store.close(told("second"));
  await settle(disk);
  store.close(told("third"));
  await settle(disk);

  assert.deepEqual(heard, ["first: undefined", "second: undefined", "third: undefined"]);
  assert.equal(disk.openFiles, 0);
});

test("a store whose files cannot be closed says so to everybody, once", async () => {
  const disk = new SimDisk(3);
  const open = disk.openSync.bind(disk);
  disk.openSync = (path, mode) => {
    const file = open(path, mode);
    const closeSync = (): void => {
      file.closeSync();
      throw new Error("EIO: not closed");
    };
    return path.endsWith(".journal") ? { ...file, closeSync } : file;
  };
  const store = openStore(disk);
  store.create("orders", { tenant: "t" }, owner).append("a", undefined, Buffer.from("1"), 1n);
  const heard: (string | undefined)[] = [];
  const told: Done = (error) => void heard.push(error?.message);

  store.close(told);
  await settle(disk);
  store.close(told);

  assert.deepEqual(heard, ["EIO: not closed", "EIO: not closed"]);
});

test("from the moment a store is closing nothing is made, opened or deleted in it", async () => {
  const { disk, store } = await aLogWith(["a"]);
  store.create("unopened", { tenant: "t" }, owner);
  await close(store, disk);
  const again = opened(disk);
  const heard: unknown[] = [];
  const attempts = (): void => {
    assert.throws(
      () => again.store.create("new", { tenant: "t" }, owner),
      /make a stream in a store that is closed/,
    );
    assert.throws(() => again.store.open("unopened", owner), /open a stream in a store that is closed/);
    assert.throws(() => again.store.delete("orders"), /delete a stream in a store that is closed/);
  };

  again.store.close((error) => void heard.push(error));
  attempts();
  await settle(disk);
  attempts();

  assert.deepEqual(heard, [undefined]);
  assert.equal(disk.openFiles, 0);
  const entries = openStore(disk).entries();
  assert.deepEqual(entries.map(({ name }) => name).sort(), ["orders", "unopened"]);
});

/** What somebody may wait for when the store closes. */
const asked: readonly (readonly [what: string, ask: (scene: Scene, done: Done) => void])[] = [
  ["that all is durable", ({ log }, done) => log.whenDurable(done)],
  ["a message's erasure", ({ log }, done) => log.erase(60, done)],
  ["the erasure of one that is gone", ({ log }, done) => log.erase(3, done)],
  ["that state is kept", ({ log }, done) => log.states.save("k", Buffer.from("v"), done)],
  ["that state is forgotten", ({ log }, done) => log.states.forget("there", done)],
  [
    "a reopening",
    ({ disk, log }, done) => {
      refuse(disk, "write", /\.seg$/);
      log.append("a", undefined, Buffer.alloc(5000), 1n);
      disk.plan = () => undefined;
      assert.equal(log.phase, "failed");
      log.reopen(done);
    },
  ],
];

for (const [what, ask] of asked) {
  test(`who waits for ${what} is answered once, whenever the store closes, and so is who closes it`, async () => {
    for (let calls = 0; calls < 30; calls++) {
      const scene = await aLogWith(repeated(60), {}, { segmentBytes: 2048 });
      const { disk, store, log } = scene;
      log.states.save("there", Buffer.from("v"), () => undefined);
      await settle(disk);
      log.removeRange(1, 20); // and a segment is being rewritten
      const heard: string[] = [];
      ask(scene, () => void heard.push("asked"));
      for (let i = 0; i < calls; i++) {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        disk.step();
      }

      store.close(() => void heard.push("closed"));
      await settle(disk);

      assert.deepEqual(heard, ["asked", "closed"], `closed after ${calls} calls`);
      assert.equal(disk.openFiles, 0);
      const again = opened(disk);
      assert.deepEqual(sequencesOf(again.log).slice(0, 3), upTo(23, 21));
      assert.equal(again.log.losses.count, 0);
    }
  });
}

test("every append is answered once, whenever the store closes", async () => {
  for (let calls = 0; calls < 30; calls++) {
    const disk = new SimDisk(calls);
    const store = openStore(disk);
    const answered: number[] = [];
    const log = store.create(
      "orders",
      { tenant: "t" },
      {
        committed: (last) => void answered.push(...upTo(last, (answered.at(-1) ?? 0) + 1)),
        failed: (_, first, last) => void answered.push(...upTo(last, first)),
      },
    );
    let taken = 0;
    const append = (): void =>
      void (taken = Math.max(taken, log.append("a", undefined, Buffer.alloc(500), 1n)));
    append();
    let isClosed = false;
    for (let i = 0; i < calls; i++) {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      disk.step();
      append();
    }

    store.close(() => void (isClosed = true));
    for (let i = 0; i < 300 && !isClosed; i++) {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      disk.step();
      append();
    }

    assert.ok(isClosed);
    assert.deepEqual(answered, upTo(taken), `closed after ${calls} calls`);
  }
});

test("a store that closes with an error has no file open either", async () => {
  const { disk, store } = await aLogWith(["a"]);
  disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".seg") ? "EIO" : undefined);

  assert.ok((await closing(store, disk)) instanceof Error);

  assert.equal(disk.openFiles, 0);
});
