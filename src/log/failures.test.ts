// One call that fails, wherever it is made: whoever asked hears of it, and what was acknowledged stays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addNote, notesIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  closing,
  damage,
  edit,
  killed,
  lose,
  opened,
  openStore,
  owner,
  range,
  reopened,
  repeated,
  Said,
  segmentsOf,
  sequencesOf,
  settle,
  upTo,
} from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { itemRecords } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";

const lazy = { writeBehindStreams: 0, behindBytesMax: 1024 * 1024 };

test("a segment that cannot be made stops its stream, and the message is refused", async () => {
  const { disk, log } = await aLogWith([]);
  disk.plan = (_, what, path) => (what === "open" && path.endsWith(".seg") ? "EIO" : undefined);

  assert.equal(log.append("a", undefined, Buffer.from("x"), 1n), 0);

  assert.deepEqual([log.phase, log.refusal], ["failed", "failed"]);
  disk.plan = () => undefined;
  const heard: unknown[] = [];
  log.reopen((error) => void heard.push(error));
  await settle(disk);
  assert.deepEqual(heard, [undefined]);
  assert.equal(log.append("a", undefined, Buffer.from("payload 1"), 1n), 1);
});

test("a segment that a journal's file still needs and that cannot be written stops its stream", async () => {
  for (const code of ["EIO", "ENOSPC"] as const) {
    const { disk, log, store } = await aLogWith([], {}, { ...lazy, journalBytes: 8192, journalFilesMax: 2 });
    log.append("a", undefined, Buffer.from("payload 1"), 1n);
    await settle(disk);
    const [path] = segmentsOf(disk);
    disk.plan = (_, what, each) => (what === "write" && each === path ? code : undefined);
    const other = store.create("other", { tenant: "t" }, owner);
    for (let i = 0; i < 6; i++) {
      other.append("b", undefined, Buffer.alloc(1500), 1n);
      await settle(disk);
    }

    assert.equal(log.phase, code === "EIO" ? "failed" : "full");
    assert.equal(log.read(1)!.payload.toString(), "payload 1");
    assert.equal(opened(killed(disk)).log.read(1)!.payload.toString(), "payload 1");
  }
});

test("a large share behind bytes that the file cannot be given fails with them", async () => {
  const { disk, log } = await aLogWith([], {}, lazy);
  log.append("a", undefined, Buffer.from("payload 1"), 1n);
  await settle(disk);
  disk.plan = (_, what, path) => (what === "write" && path.endsWith(".seg") ? "EIO" : undefined);

  log.append("a", undefined, Buffer.alloc(70_000), 1n);
  await settle(disk);

  assert.equal(log.phase, "failed");
  assert.equal(log.committed, 1);
  assert.equal(opened(killed(disk)).log.read(1)!.payload.toString(), "payload 1");
});

test("a reservation that does not reach the header stops the stream before anything rests on it", async () => {
  const { disk, log } = await aLogWith([], {}, { reserveMin: 2, reserveMax: 2 });
  disk.plan = (_, what, path) => (what === "write" && path.endsWith("0.a.state") ? "EIO" : undefined);

  appendTo(log, repeated(10));
  await settle(disk);

  assert.equal(log.phase, "failed");
  assert.equal(log.committed, 0);
  assert.equal(opened(killed(disk)).log.losses.count, 0);
});

test("without a floor that lasts no segment is dropped", async () => {
  const { disk, log, said } = await aLogWith(repeated(150));
  disk.plan = (_, what, path) => (what === "write" && path.endsWith("0.a.state") ? "EIO" : undefined);

  log.removeRange(1, 100);
  await settle(disk);

  assert.ok(said.has(/space not given back/));
  assert.ok(segmentsOf(disk)[0]!.endsWith("00000001.0000.seg"));
  disk.plan = () => undefined;
  const again = opened(killed(disk));
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(150, 101));
});

test("a removal that finds no room for its note is told, and noted when there is room", async () => {
  const { disk, log, store, clock } = await aLogWith(repeated(72));
  disk.plan = (_, what, path) => (what === "open" && !path.includes("00000001.") ? "ENOSPC" : undefined);
  log.removeRange(1, 5);
  const heard: (Error | undefined)[] = [];
  for (let s = 7; s <= 72; s += 2) log.remove(s); // so many that the note needs a new segment
  log.whenDurable((error) => void heard.push(error));
  await settle(disk);
  log.whenDurable((error) => void heard.push(error));
  await settle(disk);

  assert.ok(store.full);
  assert.equal(heard.length, 2);
  assert.match(String(heard[0]), /ENOSPC/);
  assert.match(String(heard[1]), /ENOSPC/);
  disk.plan = () => undefined;
  clock.advance(300);
  await settle(disk);
  const left = sequencesOf(log);
  const again = opened(killed(disk));
  assert.deepEqual(sequencesOf(again.log), left);
  assert.equal(again.log.losses.count, 0);
});

test("a stream that stopped gives nothing more to the commit that was coming", async () => {
  const { disk, log } = await aLogWith(["a"]);
  disk.plan = (_, what, path) => (what === "open" && path.endsWith(".seg") ? "EIO" : undefined);
  log.append("a", undefined, Buffer.from("waits"), 1n);

  assert.equal(log.append("a", undefined, Buffer.alloc(5000), 1n), 0);
  await settle(disk);

  assert.deepEqual([log.phase, log.committed], ["failed", 1]);
  disk.plan = () => undefined;
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("a commit that lands after its stream stopped counts for nothing", async () => {
  for (const isFailing of [false, true]) {
    const { disk, log } = await aLogWith(["a"]);
    log.append("a", undefined, Buffer.from("under way"), 1n);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    disk.plan = (_, what, path) => {
      if (what === "sync") return isFailing ? "EIO" : undefined;
      return what === "open" && path.endsWith(".seg") ? "EIO" : undefined;
    };
    assert.equal(log.append("a", undefined, Buffer.alloc(5000), 1n), 0);
    assert.equal(log.phase, "failed");
    await settle(disk);

    assert.equal(log.committed, 1);
    assert.deepEqual(sequencesOf(log), [1]);
  }
});

test("an erasure whose removal cannot be noted, or whose segment cannot be written before, is told", async () => {
  const { disk, log } = await aLogWith(["a", "b"], {}, lazy);
  const heard: (Error | undefined)[] = [];
  disk.plan = (_, what, path) => (what === "write" && path.endsWith(".seg") ? "ENOSPC" : undefined);
  log.erase(1, (error) => void heard.push(error));
  await settle(disk);
  assert.match(String(heard.pop()), /ENOSPC/);
  assert.equal(log.read(1)!.payload.toString(), "payload 1", "nothing happened to it");

  const other = await aLogWith(["a", "b"]);
  let isDurable = false;
  other.log.whenDurable(() => void (isDurable = true));
  other.disk.plan = (_, what, path) =>
    isDurable && what === "sync" && path.endsWith(".journal") ? "EIO" : undefined;
  other.log.erase(1, (error) => void heard.push(error));
  await settle(other.disk);
  assert.match(String(heard.pop()), /EIO/);
});

test("small state whose copies cannot be opened is owed on, and there at the next start", async () => {
  const { disk, log, store, said } = await aLogWith([]);
  disk.plan = (_, what, path) => (what === "open" && /[1-9a-f]\.b\.state$/.test(path) ? "EIO" : undefined);
  const heard: unknown[] = [];
  log.states.save("key", Buffer.from("value"), (error) => void heard.push(error));
  await settle(disk);
  assert.deepEqual(heard, [undefined], "the journal has it");

  assert.match(String(await closing(store, disk)), /EIO/);

  assert.ok(said.has(/journal file kept/));
  disk.plan = () => undefined;
  assert.equal(opened(killed(disk)).log.states.load("key")!.toString(), "value");
});

test("a key that is forgotten and at rest is forgotten for good", async () => {
  const { disk, log, store } = await aLogWith([], {}, { journalBytes: 8192, journalFilesMax: 2 });
  for (const key of ["a", "b"]) log.states.save(key, Buffer.from("1"), () => undefined);
  await settle(disk);
  log.states.forget("a", () => undefined);
  await settle(disk);
  log.states.save("c", Buffer.from("1"), () => undefined); // takes a number of its own beside the forgotten one
  for (let i = 0; i < 20; i++) {
    log.append("x", undefined, Buffer.alloc(1000), 1n);
    await settle(disk); // the journal's files are used again: what they held is in its place
  }
  log.states.forget("b", () => undefined);
  log.states.save("a", Buffer.from("2"), () => undefined);
  await settle(disk);

  assert.deepEqual(log.states.keys.sort(), ["a", "c"]);
  await close(store, disk);
  const again = opened(disk);
  assert.deepEqual(again.log.states.keys.sort(), ["a", "c"]);
  assert.equal(again.log.states.load("a")!.toString(), "2");
});

test("a start whose journal cannot be brought to its place says so, and the next one does it", async () => {
  const { disk: first } = await aLogWith(repeated(5), {}, lazy);
  const disk = killed(first);
  disk.plan = (_, what, path) => (what === "write" && path.endsWith(".seg") ? "EIO" : undefined);
  assert.throws(() => openStore(disk), /^Fault: replay the journal: EIO/);
  disk.plan = () => undefined;

  assert.deepEqual(sequencesOf(opened(disk).log), upTo(5));
});

test("a segment that was dropped is not made again by a journal that still has its records", async () => {
  const scene = await aLogWith(repeated(150));
  scene.log.removeRange(1, 100);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  const before = segmentsOf(disk);
  assert.ok(before[0]!.endsWith("00000002.0000.seg") || before[0]!.endsWith("00000002.0001.seg"));

  const { said, log } = opened(disk);

  assert.ok(!said.has(/segment file is missing/));
  assert.deepEqual(segmentsOf(disk), before);
  assert.deepEqual(sequencesOf(log), upTo(150, 101));
  assert.equal(log.losses.count, 0);
});

test("a stopped stream whose committed bytes its segment does not take stays stopped", async () => {
  const { disk, log } = await aLogWith([], {}, lazy);
  log.append("a", undefined, Buffer.from("payload 1"), 1n);
  await settle(disk);
  disk.plan = (_, what, path) => {
    if (what === "sync" && path.endsWith(".journal")) return "EIO";
    return what === "write" && path.endsWith(".seg") ? "EIO" : undefined;
  };
  log.append("a", undefined, Buffer.from("never"), 1n);
  await settle(disk);
  const heard: (Error | undefined)[] = [];
  log.reopen((error) => void heard.push(error));
  await settle(disk);
  assert.match(String(heard[0]), /EIO/);
  assert.equal(log.phase, "failed");

  disk.plan = () => undefined;
  log.reopen((error) => void heard.push(error));
  await settle(disk);
  assert.equal(heard[1], undefined);
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("an index is begun anew over half of one, and given up when its segment goes", async () => {
  const scene = await aLogWith(repeated(60));
  const temporary = segmentsOf(scene.disk)[0]!.replace(/seg$/, "idx.new");
  scene.disk.openSync(temporary, "create").closeSync();
  appendTo(scene.log, repeated(20));
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
    if (i % 3 === 0) scene.disk.step();
    if (scene.disk.existsSync(temporary) && scene.disk.contents(temporary).length > 0) break;
  }
  scene.log.removeRange(1, 75);
  await settle(scene.disk);

  assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")));
  assert.ok(!scene.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
  assert.deepEqual(sequencesOf((await reopened(scene)).log), upTo(80, 76));
});

test("an erasure goes through every journal file, and changes no other item that counts", async () => {
  const { disk, log } = await aLogWith(["a"], {}, { journalBytes: 8192, journalFilesMax: 8, ...lazy });
  for (let i = 0; i < 5; i++) {
    log.append("b", undefined, Buffer.alloc(1500), 1n);
    await settle(disk);
  }
  const journals = disk.files().filter((path) => path.endsWith(".journal"));
  const holding = journals.filter((path) => disk.contents(path).includes("payload 1"));
  const storeId = disk.contents(journals[0]!).toString("hex", 8, 16);
  const items = (): string[] =>
    journals.flatMap((path) =>
      readJournal(disk.contents(path), storeId)
        .items.filter(({ bytes, kind }) => kind === itemRecords && bytes.length > 1000)
        .map(({ bytes }) => bytes.toString("hex")),
    );
  const before = items();
  const heard: unknown[] = [];
  log.erase(1, (error) => void heard.push(error));
  await settle(disk);

  assert.deepEqual(heard, [undefined]);
  assert.ok(journals.length > 1 && holding.length < journals.length, "one journal file: this shows little");
  assert.deepEqual(items().slice(0, before.length), before);
  assert.ok(!disk.files().some((path) => disk.contents(path).includes("payload 1")));
});

test("a store whose identity is lost, and which has no journal to tell it, gets a new one", async () => {
  const { store, disk } = await aLogWith(repeated(5));
  await close(store, disk);
  lose(disk, "/s/00000000.a.state", "/s/00000000.b.state");
  for (const path of disk.files())
    if (path.endsWith(".journal")) edit(disk, path, (bytes) => bytes.fill(0, 0, 30));
  disk.openSync("/s/journal/notes.txt", "create").closeSync();

  const { log } = opened(disk);

  assert.deepEqual(sequencesOf(log), upTo(5));
  assert.ok(disk.existsSync("/s/00000000.a.state"));
});

test("damage to the store's identity or journal is told, and costs nothing that lies elsewhere", async () => {
  const { disk: first } = await aLogWith(repeated(5));
  const disk = killed(first);
  edit(disk, "/s/00000000.a.state", (bytes) => bytes.fill(0, 0, 8));
  const journal = disk.files().find((path) => path.endsWith(".journal"))!;
  edit(disk, journal, (bytes) => bytes.fill(0, 0, 8));

  const { said, log } = opened(disk);

  assert.ok(said.has(/identity is damaged/) && said.has(/journal file is damaged/));
  assert.deepEqual(sequencesOf(log), upTo(5));
  assert.ok(disk.contents("/s/00000000.a.state").equals(disk.contents("/s/00000000.b.state")));
});

test("another store's journal is not read as one's own", async () => {
  const { disk } = await aLogWith(repeated(5));
  const bytes = disk.contents(disk.files().find((path) => path.endsWith(".journal"))!);

  assert.equal(readJournal(bytes, "ffffffffffffffff").damaged, true);
});

test("what is not there is neither read nor removed", async () => {
  const { log } = await aLogWith(["a"]);

  for (const sequence of [0, 2, 99]) {
    assert.equal(log.read(sequence), undefined);
    assert.equal(log.remove(sequence), -1);
  }
});

test("lazy removals share one commit, and none comes after the stream is closed", async () => {
  const { disk, log, store, clock } = await aLogWith(repeated(9));
  const { syncs } = disk;
  for (const s of [1, 2, 3]) log.remove(s, true);
  await settle(disk);
  assert.equal(disk.syncs, syncs, "nothing yet");
  assert.equal(clock.alarms, 1);
  clock.advance(250);
  await settle(disk);
  assert.deepEqual(
    segmentsOf(disk).flatMap((path) => notesIn(disk, path)),
    [range(1, 3)],
  );

  log.remove(4, true);
  await close(store, disk);
  log.remove(5, true);
  clock.advance(1000);
  await settle(disk);
  assert.deepEqual(sequencesOf(opened(disk).log), upTo(9, 5));
});

test("a message removed while its segment is rewritten is not there afterwards", async () => {
  const { disk, log, store } = await aLogWith(repeated(150));
  const temporary = `${segmentsOf(disk)[0]!.slice(0, -9)}.0001.seg.new`.replace("..", ".");
  log.removeRange(1, 50);
  for (let i = 0; i < 200 && !disk.existsSync(temporary); i++) {
    await Promise.resolve();
    disk.step();
  }
  assert.ok(disk.existsSync(temporary));
  assert.ok(log.remove(60) > 0);
  await settle(disk);

  assert.equal(log.read(60), undefined);
  assert.equal(log.read(61)!.payload.toString(), "payload 61");
  const again = await reopened({ store, disk });
  assert.deepEqual(
    sequencesOf(again.log),
    upTo(150, 51).filter((s) => s !== 60),
  );
  assert.equal(again.log.losses.count, 0);
});

test("notes are kept for what lies before and behind a segment that tells its own", async () => {
  const scene = await aLogWith(repeated(220));
  const { log, disk } = scene;
  log.removeRange(80, 140); // the second segment is rewritten, and tells this itself
  await settle(disk);
  const again = await reopened(scene);
  log.removeRange(1, 1);
  const [, second] = segmentsOf(disk) as [string, string];
  assert.ok(second.endsWith("00000002.0001.seg"));
  addNote(disk, segmentsOf(disk).at(-1)!, [range(70, 150)]);
  lose(disk, ".idx");
  await close(again.store, disk);
  lose(disk, ".idx", ".journal");
  const third = opened(disk);
  appendTo(third.log, ["b"]);
  await settle(disk);
  third.log.removeRange(sequencesOf(third.log).find((s) => s > 180)!, 220);
  await settle(disk);
  await close(third.store, disk);
  lose(disk, ".idx", ".journal");

  const fourth = opened(disk);

  assert.equal(fourth.log.losses.count, 0);
  for (let s = 70; s <= 150; s++) assert.equal(fourth.log.read(s), undefined, `message ${s} came back`);
});

test("a damaged record in the journal is told when its segment needs it", async () => {
  const { disk: first } = await aLogWith(repeated(5), {}, lazy);
  const disk = killed(first);
  damage(disk, disk.files().find((path) => path.endsWith(".journal"))!, "payload 3");
  const said = new Said();

  const store = openStore(disk, { trace: said });

  assert.ok(said.has(/damaged bytes in the journal/));
  const log = store.open("orders", owner);
  assert.deepEqual(sequencesOf(log), [1, 2, 4, 5]);
  assert.deepEqual(log.losses.uncertainRanges[0], range(3));
});

test("a new disk that fails is no store", () => {
  for (const what of ["mkdir", "open", "write", "sync", "syncdir"]) {
    const disk = new SimDisk(1);
    disk.plan = (_, call) => (call === what ? "EIO" : undefined);

    assert.throws(() => openStore(disk), /open the store|replay/, what);
    disk.plan = () => undefined;
    assert.deepEqual(openStore(disk).entries(), []);
  }
});
