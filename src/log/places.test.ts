// Places say of each sequence what they were told, in memory for its messages alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf } from "../../test/world/chance.ts";
import { Places } from "./places.ts";

interface Slot {
  byte: number;
  gone: boolean;
  subject: number;
  before: number;
}

/** Holds places against a plain list of what they should be. */
function compare(places: Places, slots: readonly Slot[]): void {
  assert.equal(places.length, slots.length);
  const words = places.words();
  assert.deepEqual(places.words(slots.length >> 1), words.subarray(slots.length >> 1));
  slots.forEach(({ byte, gone, subject, before }, at) => {
    assert.deepEqual([places.isGone(at), places.byte(at)], [gone, byte], `slot ${at}`);
    assert.equal(words[at]! >= 2 ** 31, gone);
    if (!gone) assert.deepEqual([places.subject(at), places.before(at)], [subject, before]);
  });
  for (let at = 0; at < slots.length; at += 97) {
    const next = slots.findIndex((slot, i) => i >= at && !slot.gone);
    assert.equal(places.nextLive(at), next < 0 ? slots.length : next);
    assert.equal(
      places.previousLive(at),
      slots.findLastIndex((slot, i) => i <= at && !slot.gone),
    );
    const found = slots.findIndex((slot, i) => i >= at && !slot.gone && slot.subject === 3);
    assert.equal(places.findSubject(3, at, slots.length), found < 0 ? slots.length : found);
    assert.equal(places.findSubject(3, at, at), at);
  }
}

test("places say of each sequence what they were told, before and after stretches without a message are let go", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const chance = chanceOf(seed);
    const places = new Places(1, 1 + chance.below(5000));
    const slots: Slot[] = [];
    const count = 1 + chance.below(9000);
    let byte = 64;
    while (slots.length < count) {
      if (chance.below(200) === 0)
        for (let left = chance.below(4000); left > 0; left--) {
          places.addGone(byte);
          slots.push({ byte, gone: true, subject: 0, before: 0 });
        }
      const subject = 1 + chance.below(5);
      places.add(byte, chance.below(2) === 0, false, subject);
      slots.push({ byte, gone: false, subject, before: 0 });
      byte += 41 + chance.below(100);
    }
    compare(places, slots);
    for (let at = 0; at < slots.length; at++) {
      if (slots[at]!.gone) continue;
      if (chance.below(1500) !== 0) places.drop(at);
      else places.setBefore(at, (slots[at]!.before = at + 1));
      slots[at]!.gone = places.before(at) === 0;
    }
    places.trim();
    compare(places, slots);

    // As a rewrite does: twice, for the second meets what the first let go.
    for (let round = 0; round < 2; round++) {
      let last = 0;
      byte = 100 + round;
      slots.forEach((slot, at) => {
        if (slot.gone) return;
        places.fillMoved(last, at, byte);
        for (const empty of slots.slice(last, at)) empty.byte = byte;
        places.move(at, byte, false);
        slot.byte = byte;
        byte += 50;
        last = at + 1;
      });
      places.fillMoved(last, slots.length, byte);
      for (const empty of slots.slice(last)) empty.byte = byte;
      places.trim();
      compare(places, slots);
    }
    assert.ok(places.bytes <= 16 * 1024 * (1 + slots.filter(({ gone }) => !gone).length) + slots.length);

    places.add(byte, false, false, 3);
    places.blurLast();
    slots.push({ byte, gone: false, subject: 3, before: 0 });
    compare(places, slots);
    assert.equal(places.recordLength(slots.length - 1, byte + 10), 0);
    places.dropAll();
    assert.equal(places.nextLive(0), slots.length);
  }
});

test("of a stretch without a message nothing is told but where it lies", () => {
  const places = new Places(1, 4096);
  for (let i = 0; i < 4096; i++) places.add(64 + i, false, false, 7);
  for (let at = 1024; at < 2048; at++) places.drop(at);
  places.fillMoved(1024, 2048, 5000);
  places.trim();

  for (const at of [1024, 1500, 2047])
    assert.deepEqual(
      [places.isGone(at), places.byte(at), places.subject(at), places.before(at), places.after(at)],
      [true, 5000, 0, 0, 0],
    );
  assert.deepEqual([places.subject(1023), places.subject(2048)], [7, 7]);
});
