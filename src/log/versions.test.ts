// A store that another version of this program wrote is refused whole, and stays as it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { edit, refuse } from "../../test/log/files.ts";
import { aLogWith, appendTo, close, openStore, settle } from "../../test/log/scene.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import { VersionFault } from "./versions.ts";

/** What rewrites the checksum of a file's head, by the tables of docs/disk-format.md. */
const reseal: Record<string, (bytes: Buffer) => number> = {
  seg: (bytes) => bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60),
  idx: (bytes) => bytes.writeUInt32LE(crc32(bytes.subarray(68, 84), crc32(bytes.subarray(0, 64))), 64),
  journal: (bytes) => bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20),
  state: (bytes) => {
    const contents = bytes.subarray(36, 36 + bytes.readUInt32LE(24));
    return bytes.writeUInt32LE(crc32(contents, crc32(bytes.subarray(0, 32))), 32);
  },
};

/** A stream with a segment, its index and an owner's state; the journal is there, and all of it was closed in order. */
async function aStoreOfAllKinds(): Promise<SimDisk> {
  const scene = await aLogWith(["a", "b", "c"]);
  scene.log.states.save("config", Buffer.from("kept"), assert.ifError);
  await settle(scene.disk);
  appendTo(scene.log, ["d"]);
  await close(scene.store, scene.disk);
  return scene.disk;
}

const contentsOf = (disk: SimDisk): Map<string, string> =>
  new Map(disk.files().map((path) => [path, disk.contents(path).toString("hex")]));

const endingOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** One file of each kind, and which copies of which state they are. */
const kinds: readonly (readonly [kind: string, of: RegExp, says: RegExp])[] = [
  ["the store's identity", /^\/s\/00000000\.a\.state$/, /small state of version 3; .* version 1$/],
  ["the identity's other copy", /^\/s\/00000000\.b\.state$/, /small state of version 3/],
  ["a journal", /\/journal\/00\.journal$/, /journal of version 3; .* version 2$/],
  ["a stream's header", /\/streams\/.*\/00000000\.a\.state$/, /small state of version 3/],
  ["the header's other copy", /\/streams\/.*\/00000000\.b\.state$/, /small state of version 3/],
  ["an owner's state", /\/streams\/.*\/(?!00000000)[0-9a-f]{8}\.a\.state$/, /small state of version 3/],
  ["a segment", /\.seg$/, /segment of version 3; .* version 2$/],
  ["an index", /\.idx$/, /index of version 3; .* version 1$/],
];

for (const [kind, of, says] of kinds) {
  test(`a store with ${kind} of another version is refused whole, and nothing of it is touched`, async () => {
    const disk = (await aStoreOfAllKinds()).reborn("kill", 1);
    const path = disk.files().find((each) => of.test(each));
    assert.ok(path !== undefined, `there is ${kind}`);
    edit(disk, path, (bytes) => {
      bytes.write("3", 7);
      reseal[endingOf(path)]!(bytes);
      return bytes;
    });
    const before = contentsOf(disk);
    const changing: string[] = [];
    disk.plan = (_, what, at) => {
      if (!["open", "read", "size", "list"].includes(what)) changing.push(`${what} ${at}`);
      return undefined;
    };

    assert.throws(
      () => openStore(disk),
      (fault: VersionFault) =>
        fault instanceof VersionFault && fault.path === path && says.test(fault.message),
    );

    assert.deepEqual(changing, []);
    assert.deepEqual(contentsOf(disk), before);
    assert.equal(disk.openFiles, 0);
  });

  test(`${kind} with one bit of its version turned is damaged, and the store opens`, async () => {
    const disk = (await aStoreOfAllKinds()).reborn("kill", 1);
    const path = disk.files().find((each) => of.test(each))!;
    edit(disk, path, (bytes) => {
      bytes[7]! ^= 1;
      return bytes;
    });

    const log = openStore(disk).open("orders", { committed: () => undefined, failed: () => undefined });

    assert.equal(log.state.messages, 4);
    assert.equal(log.states.load("config")?.toString(), "kept");
  });
}

test("a version that is no letter is told by its byte", async () => {
  const disk = await aStoreOfAllKinds();
  const path = disk.files().find((each) => each.endsWith(".seg"))!;
  edit(disk, path, (bytes) => {
    bytes[7] = 27;
    reseal.seg!(bytes);
    return bytes;
  });

  assert.throws(() => openStore(disk), /segment of version 0x1b;/);
});

test("a file whose head cannot be read is damaged, of whichever version it is", async () => {
  const disk = (await aStoreOfAllKinds()).reborn("kill", 1);
  const path = disk.files().find((each) => each.endsWith(".seg"))!;
  edit(disk, path, (bytes) => {
    bytes.write("3", 7);
    reseal.seg!(bytes);
    return bytes;
  });
  disk.spoil(path, 0);

  assert.doesNotThrow(() => openStore(disk));
});

test("a file that cannot be looked at for another reason is not taken for damaged: the store does not open", async () => {
  const disk = (await aStoreOfAllKinds()).reborn("kill", 1);
  refuse(disk, "open", /\.seg$/, "ENOSPC");

  assert.throws(() => openStore(disk), /open the store: ENOSPC/);

  assert.equal(disk.openFiles, 0);
});

test("files that the program does not know, and what is on its way out, are not asked for their version", async () => {
  const disk = (await aStoreOfAllKinds()).reborn("kill", 1);
  const whole = disk.contents(disk.files().find((each) => each.endsWith(".seg"))!);
  const newer = Buffer.from(whole);
  newer.write("3", 7);
  reseal.seg!(newer);
  disk.makeDirectorySync("/s/trash/00112233445566aa");
  disk.makeDirectorySync("/s/streams/lost+found");
  for (const path of [
    "/s/trash/00112233445566aa/00000000.0000.seg",
    "/s/streams/lost+found/00000000.0000.seg",
    "/s/notes.txt",
  ]) {
    disk.openSync(path, "create").closeSync();
    disk.replace(path, newer);
  }

  const store = openStore(disk);

  assert.equal(store.entries().length, 1);
  assert.deepEqual(disk.listSync("/s/trash"), []);
});
