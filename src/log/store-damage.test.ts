// Damage to what a store keeps of itself is told, mended where it can be, and costs no message that lies elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, killed, lose, segmentsOf } from "../../test/log/files.ts";
import { statesOf } from "../../test/log/headers.ts";
import { aLogWith, close, lazy, opened, openStore, owner, Said } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { readJournal } from "./journal-scan.ts";
import { decodeState } from "./small-state.ts";
import { remainsOf } from "./unreadable.ts";

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

test("one damaged copy of a header is mended from the other, and told", async () => {
  for (const at of [0, 1]) {
    const { store, disk } = await aLogWith(["a"]);
    await close(store, disk);
    const path = statesOf(disk)[at]!;
    edit(disk, path, (bytes) => bytes.fill(9, 20));

    const again = opened(disk);

    assert.ok(again.said.has(/copy of a stream's header is damaged/));
    assert.deepEqual(sequencesOf(again.log), [1]);
    const id = path.split("/")[3]!;
    assert.ok(decodeState(disk.contents(path), id, 0) !== undefined, "it is whole again");
  }
});

test("a journal restores of a missing file what it can, and of a stream whose header is lost too", async () => {
  for (const isHeaderLost of [true, false]) {
    const { disk: first } = await aLogWith(["a", "b", "c"]);
    const disk = killed(first);
    lose(disk, ".seg");
    const journal = disk.files().find((path) => path.endsWith(".journal"))!;
    damage(disk, journal, "payload 2");
    if (isHeaderLost) {
      for (const path of statesOf(disk)) disk.lose(path);
      while (disk.contents(journal).includes('"tenant"')) damage(disk, journal, '"tenant"');
    }

    const said = new Said();
    const next = openStore(disk, { trace: said });

    assert.equal(segmentsOf(disk).length, 1);
    assert.ok(said.has(/segment file is missing/));
    assert.equal(next.unreadable.length, isHeaderLost ? 1 : 0);
    if (isHeaderLost) {
      assert.deepEqual(remainsOf(disk, next.unreadable[0]!), { messages: 2, first: 1, last: 3 });
      continue;
    }
    const log = next.open("orders", owner);
    assert.deepEqual(sequencesOf(log), [1, 3]);
  }
});
