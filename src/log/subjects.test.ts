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
    assert.equal(tokens.lengthAt(at), text.length);
    assert.ok(tokens.isAt(at, text, 0, text.length));
    assert.ok(!tokens.isAt(at, `${text.slice(0, -1)}!`, 0, text.length));
    live += text.length + 8;
  }
  assert.ok(tokens.bytes <= 2 * live + 2 * 2 ** 17, `${tokens.bytes} bytes for ${live}`);
});

test("a text of any length is kept, whatever lies before and behind it", () => {
  const places: number[] = [];
  const tokens = new Tokens((owner, at) => {
    places[owner - 1] = at;
  });
  const lengths = [1, 1000, 2 ** 17 - 9, 2 ** 17 - 8, 2 ** 17, 300_000, 0, 5];
  lengths.forEach((length, i) => {
    places[i] = tokens.put(i + 1, "y".repeat(length), 0, length);
  });

  lengths.forEach((length, i) => {
    assert.equal(tokens.lengthAt(places[i]!), length);
    assert.ok(tokens.isAt(places[i]!, "y".repeat(length), 0, length));
  });
  const before = tokens.bytes;
  for (let i = 0; i < places.length; i++) tokens.forget(places[i]!);
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

test("what many subjects took is given back when the last of them goes, whatever comes then", () => {
  const subjects = new Subjects(7);
  const few = subjects.bytes;
  const textOf = (i: number): string => `device.${i}.${"long".repeat(i % 9)}`;
  for (const count of [70, 20_000, 300]) {
    for (let i = 1; i <= count; i++) subjects.add(subjects.enter(textOf(i)), i);
    const most = subjects.bytes;
    for (let i = 1; i <= count; i++) {
      const node = subjects.find(textOf(i));
      assert.equal(subjects.first(node), i);
      subjects.take(node, 0, 0);
    }

    assert.equal(subjects.size, 0);
    assert.equal(subjects.bytes, few, `of ${most} bytes`);
    assert.deepEqual([subjects.find(textOf(1)), subjects.find("device")], [0, 0]);
  }
});

test("what many subjects took is given back while others come and a few stay, and each keeps its numbers", () => {
  const subjects = new Subjects(7);
  const textOf = (i: number): string => `device.${i}.${"long".repeat(i % 9)}`;
  const sequences = new Map<string, number>();
  const pageRow = 52 * 4096;
  let most = 0;
  for (let i = 1, kept = 1; i <= 60_000; i++) {
    const subject = textOf(i);
    subjects.add(subjects.enter(subject), i);
    sequences.set(subject, i);
    most = Math.max(most, subjects.bytes);
    const end = i % 25_000 === 0 ? i - 100 : i - 12_000; // now and then all but a hundred go
    for (; kept <= end; kept++) {
      if (kept % 9999 === 0) continue;
      subjects.take(subjects.find(textOf(kept)), 0, 0);
      sequences.delete(textOf(kept));
    }
    if (i % 25_000 === 0) {
      assert.ok(subjects.bytes <= 7 * pageRow, `${subjects.bytes} bytes for ${subjects.size} subjects`);
      assert.ok(most >= 8 * pageRow);
    }
  }

  assert.equal(subjects.size, sequences.size);
  const seen = new Map<string, number>();
  const all = { left: Number.POSITIVE_INFINITY };
  const see = (node: number): boolean => seen.set(subjects.name(node), subjects.last(node)).size > 0;
  assert.equal(
    subjects.visitFrom(0, () => true, see, all),
    0,
  );
  assert.deepEqual(new Map([...seen].sort()), new Map([...sequences].sort()));
  for (const [subject, sequence] of sequences) assert.equal(subjects.last(subjects.find(subject)), sequence);
});

test("subjects that come and go a few at a time keep what they took, and ask for none again", () => {
  const subjects = new Subjects(7);
  const enter = (i: number): void => subjects.add(subjects.enter(`job.${i}.${"long".repeat(9)}`), i);
  for (let i = 1; i <= 30; i++) enter(i);
  const { bytes } = subjects;
  assert.ok(bytes > new Subjects(7).bytes);

  for (let i = 1; i <= 30; i++) subjects.take(subjects.find(`job.${i}.${"long".repeat(9)}`), 0, 0);

  assert.deepEqual([subjects.size, subjects.bytes], [0, bytes]);
});
