import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../test/world/clock.ts";
import { unguarded } from "./guard-limits.ts";
import { type Backlog, Share } from "./share.ts";

function aShare(accountPendingBytes: number) {
  const share = new Share(new ManualClock(), { ...unguarded, accountPendingBytes });
  const cut: string[] = [];
  const peer = (name: string): Backlog & { waitingBytes: number } => ({
    waitingBytes: 0,
    cut: () => cut.push(name),
  });
  const wait = (each: Backlog & { waitingBytes: number }, bytes: number): void => {
    each.waitingBytes = bytes;
    share.waiting(each, bytes);
  };
  return { share, cut, peer, wait };
}

test("the peer with the most is cut when all have too much, and another if that is not enough", () => {
  const { cut, peer, wait } = aShare(100);
  const [first, second, third] = [peer("first"), peer("second"), peer("third")];

  wait(first, 30);
  wait(second, 50);
  wait(third, 20);
  const before = [...cut];
  wait(third, 21);
  const after = [...cut];
  wait(third, 171);

  assert.deepEqual(before, []);
  assert.deepEqual(after, ["second"]);
  assert.deepEqual(cut, ["second", "third"]);
});

test("nobody is cut for bytes that are gone meanwhile", () => {
  const { cut, peer, wait } = aShare(100);
  const [first, second] = [peer("first"), peer("second")];
  wait(first, 90);

  first.waitingBytes = 0;
  wait(second, 90);

  assert.deepEqual(cut, []);
});

test("a peer that is forgotten counts no more", () => {
  const { share, cut, peer, wait } = aShare(100);
  const [first, second] = [peer("first"), peer("second")];
  wait(first, 90);

  share.forget(first);
  wait(second, 90);

  assert.deepEqual(cut, []);
});
