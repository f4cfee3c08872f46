// Every kind of disk does what the port promises.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SimDisk } from "../../test/world/disk.ts";
import { NodeDisk } from "../node/disk.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";
import { MemoryDisk } from "./memory.ts";
import { OverlayDisk } from "./overlay.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

const scratch = mkdtempSync(join(tmpdir(), "chappe-disks-"));

after(() => rmSync(scratch, { recursive: true, force: true }));

let places = 0;

/** Makes a directory with a file "old" that holds "abcdef" and a directory "dir" that holds "in" and "deep/er". */
function furnish(disk: Disk, root: string): void {
  disk.makeDirectorySync(root);
  for (const name of ["dir", "dir/deep"]) disk.makeDirectorySync(`${root}/${name}`);
  for (const [name, text] of [
    ["old", "abcdef"],
    ["dir/in", "inside"],
    ["dir/deep/er", "deeper"],
  ])
    put(disk, `${root}/${name}`, text!);
}

function put(disk: Disk, path: string, text: string): void {
  const file = disk.openSync(path, "create");
  writeWholeSync(file, Buffer.from(text), 0);
  file.closeSync();
}

function contentsOf(file: DiskFile): string {
  return readWholeSync(file, 0, file.sizeSync()).toString("latin1");
}

function textOf(disk: Disk, path: string): string {
  const file = disk.openSync(path, "read");
  const text = contentsOf(file);
  file.closeSync();
  return text;
}

/** Everything below a directory, by path. */
function treeOf(disk: Disk, root: string): string {
  const told: string[] = [];
  const walk = (path: string): void => {
    for (const name of disk.listSync(path)) {
      const below = `${path}/${name}`;
      if (/\.?(dir|deep|moved|made)$/.test(name)) {
        told.push(`${below.slice(root.length)}/`);
        walk(below);
      } else told.push(`${below.slice(root.length)}=${textOf(disk, below)}`);
    }
  };
  walk(root);
  return told.join(" ");
}

const furnished = "/dir/ /dir/deep/ /dir/deep/er=deeper /dir/in=inside /old=abcdef";

interface Kind {
  readonly name: string;
  /** A furnished directory on a disk of this kind. */
  make(): { disk: Disk; root: string; under?: Disk };
}

function inMemory(): { disk: MemoryDisk; root: string } {
  const disk = new MemoryDisk(1024 * 1024);
  furnish(disk, "/r");
  return { disk, root: "/r" };
}

const kinds: readonly Kind[] = [
  { name: "the real disk", make: () => furnishedAt(new NodeDisk(), `${scratch}/${++places}`) },
  { name: "the simulated disk", make: () => furnishedAt(new SimDisk(1), "/r") },
  { name: "the disk in memory", make: inMemory },
  {
    name: "the disk seen through glass",
    make: () => {
      const { disk: under, root } = inMemory();
      return { disk: new OverlayDisk(under), root, under };
    },
  },
];

function furnishedAt(disk: Disk, root: string): { disk: Disk; root: string } {
  furnish(disk, root);
  return { disk, root };
}

type Act = (disk: Disk, at: (name: string) => string) => void;

const code =
  (expected: string) =>
  (error: unknown): boolean => {
    assert.equal((error as { code?: string }).code, expected);
    return true;
  };

/** What is done, and what is there afterwards. */
const deeds: readonly (readonly [string, Act, string])[] = [
  ["nothing", () => undefined, furnished],
  [
    "a file is written in its middle and beyond its end",
    (disk, at) => {
      const file = disk.openSync(at("old"), "write");
      writeWholeSync(file, Buffer.from("XY"), 2);
      writeWholeSync(file, Buffer.from("Z"), 8);
      assert.equal(file.sizeSync(), 9);
      assert.equal(contentsOf(file), "abXYef\0\0Z");
      file.syncSync();
      file.closeSync();
    },
    furnished.replace("abcdef", "abXYef\0\0Z"),
  ],
  [
    "one handle writes, another reads",
    (disk, at) => {
      const [one, other, third] = ["write", "write", "read"].map((mode) =>
        disk.openSync(at("old"), mode as "read"),
      );
      assert.equal(contentsOf(other!), "abcdef");
      writeWholeSync(one!, Buffer.from("1"), 0);
      assert.equal(contentsOf(other!), "1bcdef");
      writeWholeSync(other!, Buffer.from("2"), 1);
      assert.equal(contentsOf(one!), "12cdef");
      for (const file of [one!, other!, third!]) file.closeSync();
    },
    furnished.replace("abcdef", "12cdef"),
  ],
  [
    "a file is only read",
    (disk, at) => {
      const file = disk.openSync(at("old"), "write");
      assert.equal(contentsOf(file), "abcdef");
      assert.equal(file.readSync(Buffer.alloc(9), 0, 9, 4), 2);
      assert.equal(file.readSync(Buffer.alloc(9), 0, 9, 6), 0);
      assert.equal(file.readSync(Buffer.alloc(9), 0, 9, 60), 0);
      file.closeSync();
    },
    furnished,
  ],
  [
    "files and directories are made",
    (disk, at) => {
      put(disk, at("dir/new"), "n");
      disk.makeDirectorySync(at("made"));
      disk.makeDirectorySync(at("made/deep"));
      put(disk, at("made/deep/x"), "y");
      disk.syncDirectorySync(at("made"));
      assert.deepEqual(disk.listSync(at("dir")), ["deep", "in", "new"]);
      const file = disk.openSync(at("dir/new"), "write");
      writeWholeSync(file, Buffer.from("m"), 0);
      file.closeSync();
    },
    "/dir/ /dir/deep/ /dir/deep/er=deeper /dir/in=inside /dir/new=m /made/ /made/deep/ /made/deep/x=y /old=abcdef",
  ],
  [
    "what is there already is not made again",
    (disk, at) => {
      assert.throws(() => disk.openSync(at("old"), "create"), code("EEXIST"));
      assert.throws(() => disk.makeDirectorySync(at("dir")), code("EEXIST"));
      assert.throws(() => disk.makeDirectorySync(at("old")), code("EEXIST"));
    },
    furnished,
  ],
  [
    "what is not there is missed",
    (disk, at) => {
      assert.ok(!disk.existsSync(at("no")));
      for (const mode of ["read", "write"] as const)
        for (const name of ["no", "no/such"])
          assert.throws(() => disk.openSync(at(name), mode), code("ENOENT"));
      assert.throws(() => disk.openSync(at("no/such"), "create"), code("ENOENT"));
      assert.throws(() => disk.listSync(at("no")), code("ENOENT"));
      assert.throws(() => disk.makeDirectorySync(at("no/such")), code("ENOENT"));
      assert.throws(() => disk.renameSync(at("no"), at("new")), code("ENOENT"));
      assert.throws(() => disk.unlinkSync(at("no")), code("ENOENT"));
    },
    furnished,
  ],
  [
    "a file is renamed",
    (disk, at) => {
      disk.renameSync(at("old"), at("dir/deep/young"));
      assert.ok(!disk.existsSync(at("old")));
      assert.throws(() => disk.openSync(at("old"), "read"), code("ENOENT"));
    },
    "/dir/ /dir/deep/ /dir/deep/er=deeper /dir/deep/young=abcdef /dir/in=inside",
  ],
  [
    "a written file is renamed over another, and its old name used again",
    (disk, at) => {
      const file = disk.openSync(at("old"), "write");
      writeWholeSync(file, Buffer.from("!"), 0);
      file.closeSync();
      disk.renameSync(at("old"), at("dir/in"));
      put(disk, at("old"), "again");
    },
    "/dir/ /dir/deep/ /dir/deep/er=deeper /dir/in=!bcdef /old=again",
  ],
  [
    "a directory is renamed with all it holds, and its old name used again",
    (disk, at) => {
      put(disk, at("dir/new"), "n");
      const file = disk.openSync(at("dir/in"), "write");
      writeWholeSync(file, Buffer.from("I"), 0);
      file.closeSync();
      disk.renameSync(at("dir"), at("moved"));
      assert.ok(!disk.existsSync(at("dir")));
      assert.ok(!disk.existsSync(at("dir/in")));
      assert.ok(!disk.existsSync(at("dir/deep/er")));
      disk.makeDirectorySync(at("dir"));
      assert.deepEqual(disk.listSync(at("dir")), []);
      put(disk, at("dir/in"), "other");
    },
    "/dir/ /dir/in=other /moved/ /moved/deep/ /moved/deep/er=deeper /moved/in=Inside /moved/new=n /old=abcdef",
  ],
  [
    "files and directories are taken away",
    (disk, at) => {
      assert.throws(() => disk.removeDirectorySync(at("dir")), code("ENOTEMPTY"));
      put(disk, at("dir/deep/new"), "n");
      disk.unlinkSync(at("dir/deep/er"));
      assert.throws(() => disk.removeDirectorySync(at("dir/deep")), code("ENOTEMPTY"));
      disk.unlinkSync(at("dir/deep/new"));
      disk.removeDirectorySync(at("dir/deep"));
      assert.ok(!disk.existsSync(at("dir/deep")));
      assert.throws(() => disk.unlinkSync(at("dir/deep/er")), code("ENOENT"));
      assert.throws(() => disk.listSync(at("dir/deep")), code("ENOENT"));
      disk.makeDirectorySync(at("made"));
      disk.removeDirectorySync(at("made"));
      disk.unlinkSync(at("dir/in"));
      put(disk, at("dir/in"), "anew");
    },
    "/dir/ /dir/in=anew /old=abcdef",
  ],
];

for (const { name, make } of kinds) {
  for (const [deed, act, expected] of deeds) {
    test(`on ${name}: ${deed}`, () => {
      const { disk, root, under } = make();

      act(disk, (each) => `${root}/${each}`);

      assert.equal(treeOf(disk, root), expected);
      if (under !== undefined)
        assert.equal(treeOf(under, root), furnished, "what lies under the glass changed");
    });
  }

  test(`on ${name}: writes and syncs beside the program call back after they were asked for`, async () => {
    const { disk, root } = make();
    const file = disk.openSync(`${root}/old`, "write");
    const heard: string[] = [];
    const arrived = Promise.withResolvers<void>();
    file.write(Buffer.from("_xyz"), 1, 3, 2, (error, written) => {
      heard.push(`${error} ${written}`);
      file.sync((failure) => {
        heard.push(`${failure}`);
        disk.syncDirectory(root, (last) => {
          heard.push(`${last}`);
          arrived.resolve();
        });
      });
    });
    assert.deepEqual(heard, []);
    if (disk instanceof SimDisk) while (disk.step());
    await arrived.promise;

    assert.deepEqual(heard, ["undefined 3", "undefined", "undefined"]);
    assert.equal(contentsOf(file), "abxyzf");
    file.closeSync();
    assert.ok(disk.freeBytesSync(root) > 0);
  });
}

test("the root of a disk in memory is listed", () => {
  const disk = new MemoryDisk(1024);
  disk.makeDirectorySync("/b");
  disk.makeDirectorySync("/a");
  disk.makeDirectorySync("/a/c");

  assert.deepEqual(disk.listSync("/"), ["a", "b"]);
  assert.throws(() => disk.openSync("/a", "read"), code("ENOENT"));
  assert.throws(() => disk.unlinkSync("/a"), code("ENOENT"));
});

test("a disk in memory is full at its limit, says so, and takes more once something is gone", async () => {
  const page = 64 * 1024;
  const disk = new MemoryDisk(2 * page);
  const file = disk.openSync("/f", "create");
  writeWholeSync(file, Buffer.alloc(page, 1), 0);
  assert.deepEqual([disk.bytes, disk.freeBytesSync()], [page, page]);
  put(disk, "/g", "g");
  assert.deepEqual([disk.bytes, disk.freeBytesSync()], [2 * page, 0]);

  assert.throws(() => file.writeSync(Buffer.alloc(1), 0, 1, page), code("ENOSPC"));
  const failed = await new Promise<[Error | undefined, number]>((resolve) =>
    file.write(Buffer.alloc(1), 0, 1, page, (...answer) => resolve(answer)),
  );
  assert.match(failed[0]!.message, /ENOSPC.*\/f/);
  assert.equal(failed[1], 0);
  assert.equal(file.sizeSync(), page);
  disk.unlinkSync("/g");
  assert.equal(file.writeSync(Buffer.alloc(1), 0, 1, page), 1);
});

test("a file in memory is read and written across its pages", () => {
  const page = 64 * 1024;
  const disk = new MemoryDisk(10 * page);
  const file = disk.openSync("/f", "create");
  const bytes = Buffer.from({ length: 2 * page } as ArrayLike<number>).map((_, i) => i % 251);

  writeWholeSync(file, bytes, page - 10);

  assert.equal(file.sizeSync(), 3 * page - 10);
  assert.ok(readWholeSync(file, page - 10, 2 * page).equals(bytes));
  assert.ok(readWholeSync(file, 0, page - 10).every((byte) => byte === 0));
  const into = Buffer.alloc(5);
  assert.equal(file.readSync(into, 2, 3, page - 10), 3);
  assert.deepEqual([...into], [0, 0, 0, 1, 2]);
});

test("no room is short under glass", () => {
  assert.equal(new OverlayDisk(new MemoryDisk(1)).freeBytesSync(), 2 ** 40);
});

for (const [name, make] of [
  ["in memory", (): Disk => inMemory().disk],
  ["under glass", (): Disk => new OverlayDisk(inMemory().disk)],
] as const) {
  test(`a file ${name} is unlinked beside the program, and who unlinks what is not there is told`, async () => {
    const disk = make();
    const told: string[] = [];
    const unlink = (): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      disk.unlink("/r/old", (error) => resolve(void told.push(error?.message ?? "gone")));
      return promise;
    };

    const first = unlink();
    assert.deepEqual(told, [], "not before the caller goes on");
    await first;
    await unlink();

    assert.equal(told[0], "gone");
    assert.match(told[1]!, /ENOENT/);
    assert.equal(disk.existsSync("/r/old"), false);
  });
}
