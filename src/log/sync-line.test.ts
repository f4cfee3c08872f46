// Syncs of one file stand in line, and behind one that failed none is made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SyncFault, SyncLine } from "./sync-line.ts";

type Done = (error: Error | undefined) => void;

function aLine() {
  const line = new SyncLine();
  const calls: Done[] = [];
  const told: string[] = [];
  const ask = (name: string): void =>
    line.sync(
      (arrived) => void calls.push(arrived),
      (error) => void told.push(`${name} ${error?.message ?? "well"}`),
    );
  return { line, calls, told, ask };
}

test("who asks while a sync is under way is served by the next one, all of them by the same", () => {
  const { calls, told, ask } = aLine();
  ask("a");
  ask("b");
  ask("c");

  assert.equal(calls.length, 1);
  calls[0]!(undefined);
  assert.deepEqual(told, ["a well"]);
  assert.equal(calls.length, 2);
  calls[1]!(undefined);

  assert.deepEqual(told, ["a well", "b well", "c well"]);
});

test("who waits behind a sync that fails is told of it and makes no call, nor does anybody later", () => {
  const { line, calls, told, ask } = aLine();
  ask("a");
  ask("b");

  calls[0]!(new Error("EIO"));
  ask("c");

  assert.deepEqual(told, ["a EIO", "b EIO", "c EIO"]);
  assert.equal(calls.length, 1);
  assert.ok(line.failure instanceof SyncFault);
});

test("once the bytes are written anew a file is synced again", () => {
  const { line, calls, told, ask } = aLine();
  ask("a");
  calls[0]!(new Error("EIO"));

  line.clear();
  ask("b");
  calls[1]!(undefined);

  assert.equal(told[1], "b well");
  assert.equal(line.failure, undefined);
});

test("a sync that cannot even be asked for fails, and the next one need not", () => {
  const line = new SyncLine();
  let told: Error | undefined;

  line.sync(
    () => {
      throw new Error("EMFILE");
    },
    (error) => void (told = error),
  );

  assert.equal(told?.message, "EMFILE");
  assert.equal(line.failure, undefined);
  line.sync(
    (arrived) => arrived(undefined),
    (error) => void (told = error),
  );
  assert.equal(told, undefined);
});

test("a sync that failed because an earlier one did fails with that very failure", () => {
  const { line, calls, told, ask } = aLine();
  ask("a");
  const failure = new SyncFault(new Error("EIO"));

  calls[0]!(failure);

  assert.equal(line.failure, failure);
  assert.deepEqual(told, ["a EIO"]);
});
