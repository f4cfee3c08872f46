// Messages as tests of the log append them, and which of them a stream tells to be there, lost or damaged.

import assert from "node:assert/strict";
import { Filter } from "../../src/log/filter.ts";
import type { Log } from "../../src/log/log.ts";
import { type Range, recordHeaderBytes } from "../../src/log/record.ts";
import { nextOf } from "./asking.ts";

export const repeated = (count: number): string[] => Array.from({ length: count }, (_, i) => `a.${i % 3}.x`);

export const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

export const range = (first: number, last = first): Range => ({ first, last });

/** Bytes of one of `repeated`'s records with a sequence of one digit. */
export const recordBytes = recordHeaderBytes + "a.0.x".length + "payload 1".length;

/** The messages there are, all or those that a filter lets through. */
export function sequencesOf(log: Log, filter: Filter = new Filter([])): number[] {
  const found: number[] = [];
  for (let s = nextOf(log, 1, filter); s !== 0; s = nextOf(log, s + 1, filter)) found.push(s);
  return found;
}

/** The payloads there are, in order. */
export function textsOf(log: Log): string[] {
  return sequencesOf(log).map((s) => log.read(s)!.payload.toString());
}

/** These messages and no others are there, each as `appendTo` gave it. */
export function assertWhole({ log }: { readonly log: Log }, expected: readonly number[]): void {
  assert.deepEqual(sequencesOf(log), expected);
  for (const s of expected) assert.equal(log.read(s)?.payload.toString(), `payload ${s}`, `message ${s}`);
}

/** What was told of damage, without where it lies. */
export function damageOf({ log }: { readonly log: Log }): string[] {
  return log.losses.damage.map(({ what }) => what);
}
