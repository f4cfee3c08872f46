// A new subject costs no more work or room than its text, however many there are.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Subjects } from "./subjects.ts";
import { Tokens } from "./tokens.ts";

test("no new subject costs more than a page of work, however many there are", () => {
  const subjects = new Subjects(7);
  const typed = Object.getPrototypeOf(Uint32Array.prototype) as {
    set(from: ArrayLike<number>, at?: number): void;
  };
  let moved = 0;
  const set = typed.set;
  mock.method(typed, "set", function (this: Uint32Array, from: ArrayLike<number>, at?: number) {
    moved += from.length;
    set.call(this, from, at);
  });
  const sliced = mock.method(Buffer.prototype, "latin1Slice");
  let most = 0;
  try {
    for (let i = 1; i <= 70_000; i++) {
      moved = 0;
      sliced.mock.resetCalls();
      subjects.add(subjects.enter(`device.${i}.temp`), i);
      most = Math.max(most, moved + sliced.mock.callCount());
    }
  } finally {
    mock.restoreAll();
  }

  assert.ok(most <= 2 ** 17, `${most} steps for one subject`);
  for (const i of [1, 64, 4096, 4097, 70_000])
    assert.equal(subjects.first(subjects.find(`device.${i}.temp`)), i);
  assert.equal(subjects.find("device.70001.temp"), 0);
});

test("texts that come and go take twice the room of those that are there, and two pages", () => {
  const places = new Map<number, number>();
  const tokens = new Tokens((owner, at) => void places.set(owner, at));
  const textOf = (owner: number): string => `${owner} ${"x".repeat(owner % 50)}`;
  const put = (owner: number): void => {
    const text = textOf(owner);
    places.set(owner, tokens.put(owner, `${text} `, 0, text.length));
  };
  for (let owner = 1; owner <= 200_000; owner++) {
    put(owner);
    if (owner <= 1000 || owner % 100 === 0) continue; // one in a hundred stays
    tokens.forget(places.get(owner)!);
    places.delete(owner);
  }

  let live = 0;
  for (const [owner, at] of places) {
    const text = textOf(owner);
    assert.equal(tokens.textAt(at), text);
    assert.ok(tokens.isAt(at, text, 0, text.length));
    assert.ok(!tokens.isAt(at, `${text.slice(0, -1)}!`, 0, text.length));
    live += text.length + 8;
  }
  assert.ok(tokens.bytes <= 2 * live + 2 * 2 ** 17, `${tokens.bytes} bytes for ${live}`);
});

test("a text of any length is kept, whatever lies before and behind it", () => {
  const tokens = new Tokens(() => undefined);
  const lengths = [1, 1000, 2 ** 17 - 9, 2 ** 17 - 8, 2 ** 17, 300_000, 0, 5];
  const places = lengths.map((length, i) => tokens.put(i + 1, "y".repeat(length), 0, length));

  lengths.forEach((length, i) => {
    assert.equal(tokens.textAt(places[i]!).length, length);
    assert.ok(tokens.isAt(places[i]!, "y".repeat(length), 0, length));
  });
  const before = tokens.bytes;
  for (const at of places) tokens.forget(at);
  assert.ok(tokens.bytes < before);
  assert.ok(tokens.bytes <= 2 ** 17);
});

test("a node is known to be still the same as long as the numbers given up since are remembered", () => {
  const subjects = new Subjects(3);
  const enter = (subject: string, sequence: number): number => {
    const node = subjects.enter(subject);
    subjects.add(node, sequence);
    return node;
  };
  const [kept, lost] = [enter("kept", 1), enter("lost", 2)];
  const since = subjects.recycled;
  const comeAndGo = (count: number): void => {
    for (; count > 0; count--) subjects.take(enter("brief", 3), 0, 0);
  };

  comeAndGo(3);
  assert.deepEqual([subjects.isStill(kept, since), subjects.isStill(lost, since)], [true, true]);
  subjects.take(lost, 0, 0);
  enter("another", 4); // by the number that was given up
  assert.deepEqual([subjects.isStill(kept, since), subjects.isStill(lost, since)], [true, false]);
  comeAndGo(1020);
  assert.deepEqual([subjects.isStill(kept, since), subjects.isStill(lost, since)], [true, false]);
  comeAndGo(1);
  assert.equal(subjects.isStill(kept, since), false, "it might have been among those that are forgotten");
  assert.equal(subjects.isStill(kept, subjects.recycled), true);
});
