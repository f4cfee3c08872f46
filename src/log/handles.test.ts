// Files are opened once, only so many are open, and none is closed under a call.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk, DiskFile } from "../ports/disk.ts";
import { Handles } from "./handles.ts";

/** A disk that only opens, and tells which of its files are open. */
function aDisk(): { disk: Disk; open: string[] } {
  const open: string[] = [];
  let opened = 0;
  const openSync = (path: string, mode: string): DiskFile => {
    const name = `${path}${++opened}${mode === "create" ? "!" : ""}`;
    open.push(name);
    const closeSync = (): void => {
      assert.ok(open.includes(name), `${name} is closed twice`);
      open.splice(open.indexOf(name), 1);
    };
    return { closeSync } as unknown as DiskFile;
  };
  return { disk: { openSync } as unknown as Disk, open };
}

test("a file is opened once and stays open", () => {
  const { disk, open } = aDisk();
  const handles = new Handles(disk, 2);

  assert.equal(handles.create("a"), handles.file("a"));
  assert.equal(handles.file("a"), handles.file("a"));

  assert.deepEqual(open, ["a1!"]);
  assert.equal(handles.size, 1);
});

test("of too many files the longest unused is closed, none that is in use, and not the one asked for", () => {
  const { disk, open } = aDisk();
  const handles = new Handles(disk, 2);
  for (const path of ["a", "b"]) handles.file(path);
  handles.file("a");

  handles.file("c");
  assert.deepEqual(open, ["a1", "c3"]);
  handles.pin("a");
  handles.pin("c");
  handles.file("d");
  assert.deepEqual(open, ["a1", "c3", "d4"]);
  handles.unpin("a");
  handles.file("e");
  assert.deepEqual(open, ["c3", "e5"]);
});

test("a file closed while calls are under way is closed when the last of them came back", () => {
  const { disk, open } = aDisk();
  const handles = new Handles(disk, 10);
  handles.pin("a");
  handles.pin("a");

  handles.close("a");
  assert.deepEqual(open, ["a1"]);
  handles.unpin("a");
  assert.deepEqual(open, ["a1"]);
  handles.unpin("a");
  assert.deepEqual(open, []);
  handles.close("a");
  handles.unpin("a");
  assert.deepEqual(open, []);
});

test("a path opened, closed and opened again under calls is closed for good when all came back", () => {
  const { disk, open } = aDisk();
  const handles = new Handles(disk, 10);
  handles.pin("a");
  handles.close("a");
  handles.pin("a");
  handles.close("a");
  handles.pin("a");
  assert.deepEqual(open, ["a1", "a2", "a3"]);

  handles.unpin("a");
  handles.unpin("a");
  assert.deepEqual(open, ["a1", "a2", "a3"], "whose call is still out nobody can tell");
  handles.unpin("a");
  assert.deepEqual(open, ["a3"]);
  handles.closeSync();
  assert.deepEqual(open, []);
  assert.equal(handles.size, 0);
});

test("a path whose file left while unused again goes when its own calls came back", () => {
  const { disk, open } = aDisk();
  const handles = new Handles(disk, 10);
  handles.pin("a");
  handles.close("a");
  handles.file("a");

  handles.unpin("a");

  assert.deepEqual(open, ["a2"]);
});
