// What a stream must hold and may hold, kept beside the real one in plain maps.

import assert from "node:assert/strict";
import { Filter } from "../../src/log/filter.ts";
import type { Log } from "../../src/log/log.ts";
import type { Chance } from "../world/chance.ts";
import { nextOf, purgeOf, removeRange } from "./asking.ts";
import type { Life } from "./life.ts";

interface Message {
  readonly subject: string;
  readonly headers: Buffer;
  readonly payload: Buffer;
  readonly timestampNs: bigint;
}

/** What a key may hold after a crash: what is durable, or anything asked for since. */
interface ModelState {
  durable: string | undefined;
  attempts: { readonly order: number; readonly text: string | undefined }[];
}

export class ModelStream {
  readonly name: string;
  readonly key: Uint8Array | undefined;
  making = false;
  deleting = false;
  /** Its deletion was answered, or its store has closed. */
  isOver = false;
  acknowledged = 0;
  /** Hears the bytes of a message that, it was answered, are nowhere any more. */
  onErased: (bytes: Buffer) => void = () => undefined;
  #messages = new Map<number, Message>();
  /** Removal was asked for; until it is known to be durable, a crash may bring the message back. */
  readonly #removing = new Set<number>();
  readonly #removed = new Set<number>();
  /** Reported as never to be committed: may be there after a crash, need not. */
  readonly #failed = new Set<number>();
  #acked = 0;
  #highestAcked = 0;
  readonly #states = new Map<string, ModelState>();

  readonly #print: (line: string) => void;

  constructor(name: string, key: Uint8Array | undefined, print: (line: string) => void = () => undefined) {
    this.name = name;
    this.#print = (line) => print(`${name}: ${line}`);
    this.key = key;
  }

  append(log: Log, subject: string, headers: Buffer | undefined, payload: Buffer, timestampNs: bigint): void {
    const sequence = log.append(subject, headers, payload, timestampNs);
    this.#print(`append ${sequence} ${subject} ${payload.length}`);
    if (sequence === 0) return;
    assert.ok(sequence > this.#highestAcked, `sequence ${sequence} of ${this.name} was acknowledged before`);
    assert.ok(
      !this.#messages.has(sequence) || !this.#isAcked(sequence),
      `sequence ${sequence} given out twice`,
    );
    this.#messages.set(sequence, { subject, headers: headers ?? Buffer.alloc(0), payload, timestampNs });
    this.#removing.delete(sequence);
    this.#removed.delete(sequence);
    this.#failed.delete(sequence);
  }

  #isAcked(sequence: number): boolean {
    return sequence <= this.#acked && !this.#failed.has(sequence);
  }

  committed(upTo: number): void {
    this.#print(`committed ${upTo}`);
    assert.ok(!this.isOver, `${this.name}: committed, though it is deleted or closed`);
    assert.ok(upTo > this.#acked, "committed sequences only grow");
    assert.ok(!this.#failed.has(upTo), `sequence ${upTo} failed and was then acknowledged`);
    this.acknowledged += upTo - this.#acked;
    this.#acked = upTo;
    this.#highestAcked = Math.max(this.#highestAcked, upTo);
  }

  failed(first: number, last: number): void {
    this.#print(`failed ${first} to ${last}`);
    assert.ok(!this.isOver, `${this.name}: failed, though it is deleted or closed`);
    for (let s = first; s <= last; s++) {
      assert.ok(s > this.#acked, `sequence ${s} was acknowledged and then failed`);
      assert.ok(!this.#failed.has(s), `sequence ${s} failed twice`);
      this.#failed.add(s);
    }
  }

  remove(log: Log, sequence: number, lazy: boolean): void {
    this.#print(`remove ${sequence}`);
    this.#tookOut([sequence], log.remove(sequence, lazy) >= 0 ? 1 : 0);
  }

  /** Whether the running log must show the message; while it is being erased, it may. */
  #isThere(sequence: number): boolean {
    return (
      this.#messages.has(sequence) &&
      !this.#removing.has(sequence) &&
      !this.#removed.has(sequence) &&
      !this.#failed.has(sequence)
    );
  }

  /** Of these, as many as were there were removed. */
  #tookOut(sequences: readonly number[], count: number): void {
    const there = sequences.filter((s) => this.#isThere(s));
    const unsure = there.filter((s) => this.#erasing.has(s)).length;
    assert.ok(
      count <= there.length && count >= there.length - unsure,
      `removed ${count}, there were ${there.length}`,
    );
    for (const s of there) this.#removing.add(s);
  }

  removeRange(log: Log, first: number, last: number): void {
    this.#print(`remove ${first} to ${last}`);
    const removed = removeRange(log, first, last);
    this.#tookOut(
      [...this.#messages.keys()].filter((s) => s >= first && s <= last),
      removed,
    );
  }

  removeAll(log: Log): void {
    this.#print("remove all");
    this.#tookOut([...this.#messages.keys()], log.removeAll());
  }

  removeSubject(log: Log, subject: string, keep: number): void {
    this.#print(`remove ${subject}`);
    const there = [...this.#messages]
      .filter(([s, m]) => m.subject === subject && this.#isThere(s))
      .map(([s]) => s);
    if (there.some((s) => this.#erasing.has(s))) return;
    there.sort((a, b) => a - b);
    const removed = purgeOf(log, new Filter([subject]), undefined, keep);
    this.#tookOut(there.slice(0, Math.max(0, there.length - keep)), removed);
  }

  skipTo(log: Log, last: number): void {
    if (last > 0) log.skipTo(last);
  }

  erase(log: Log, sequence: number, life: Life): void {
    if (!this.#isThere(sequence) || sequence > this.#acked) return;
    this.#print(`erase ${sequence}`);
    // From the call on, either is allowed; when it called back without an error, it must be gone.
    const before = this.#messages.get(sequence)!;
    this.#erasing.add(sequence);
    const erased = life.owe(`${this.name}: ${sequence} erased`, (error) => {
      if (life.crashed) return;
      if (error === undefined)
        this.onErased(Buffer.concat([Buffer.from(before.subject), before.headers, before.payload]));
      if (this.#messages.get(sequence) !== before) return;
      this.#erasing.delete(sequence);
      if (log.next(sequence) === sequence) return;
      this.#removing.add(sequence);
      if (error === undefined) this.#removed.add(sequence);
    });
    log.erase(sequence, erased);
  }

  readonly #erasing = new Set<number>();

  whenDurable(log: Log, life: Life): void {
    const asked = [...this.#removing];
    const durable = life.owe(`${this.name}: durable`, (error) => {
      if (error === undefined && !life.crashed) for (const s of asked) this.#removed.add(s);
    });
    log.whenDurable(durable);
  }

  save(log: Log, key: string, bytes: Buffer, life: Life): void {
    const text = bytes.toString();
    const saved = this.#attempt(key, text, life);
    log.states.save(key, bytes, saved);
    assert.equal(log.states.load(key)?.toString(), text);
  }

  forget(log: Log, key: string, life: Life): void {
    log.states.forget(key, this.#attempt(key, undefined, life));
  }

  #attempt(key: string, text: string | undefined, life: Life): (error: Error | undefined) => void {
    const order = ++this.#saves;
    const state = this.#states.get(key) ?? { durable: undefined, attempts: [] };
    this.#states.set(key, state);
    state.attempts.push({ order, text });
    this.#print(`save ${key} ${text?.slice(0, 6)}`);
    return life.owe(`${this.name}: ${key} saved`, (error) => {
      if (error !== undefined || life.crashed || !state.attempts.some((attempt) => attempt.order === order))
        return;
      this.#print(`saved ${key} ${text?.slice(0, 6)}`);
      state.durable = text;
      state.attempts = state.attempts.filter((attempt) => attempt.order > order);
    });
  }

  #saves = 0;

  /** The store has closed, in order or not: its owner heard of every append. */
  ended(): void {
    this.isOver = true;
    for (const s of this.#messages.keys())
      assert.ok(s <= this.#acked || this.#failed.has(s), `message ${s} of ${this.name}: never answered`);
  }

  /** Closed in order: everything appended and not refused is on the disk, everything removed is gone. */
  closed(): void {
    for (const s of this.#removing) this.#removed.add(s);
  }

  /** A stream whose store is closing, or has closed, takes nothing and says so. */
  refused(log: Log, sequence: number, life: Life): void {
    const refused = (what: string): ((error: Error | undefined) => void) =>
      life.owe(`${this.name}: refused to ${what}`, (error) => {
        life.hold(() => assert.ok(error !== undefined, `${this.name} took part in its closing: ${what}`));
      });
    assert.equal(log.append("s.0", undefined, Buffer.from("late"), 1n), 0);
    assert.equal(log.refusal, "closed");
    assert.equal(log.remove(sequence), -1);
    assert.equal(removeRange(log, sequence, sequence + 10) + log.removeAll(), 0);
    log.skipTo(log.last + 10);
    log.erase(sequence, refused("erase"));
    log.states.save("k1", Buffer.from("late"), refused("save"));
    log.states.forget("k1", refused("forget"));
    this.whenDurable(log, life);
    if (this.isOver) assert.equal(log.atTime(1n), 0);
  }

  /** Some messages are read: rightly, or of a closed or deleted stream not at all. */
  readSome(log: Log, chance: Chance, { disk }: Life): void {
    for (const [sequence, message] of this.#messages) {
      if (chance.below(4) > 0 || this.#erasing.has(sequence)) continue;
      const { mishaps } = disk;
      const found = log.read(sequence) ?? log.read(sequence);
      if (disk.crashed || (found === undefined && disk.mishaps > mishaps)) return;
      assert.equal(log.losses.count, 0, `reading ${sequence} of ${this.name}: loss reported without damage`);
      if (log.phase === "closed") assert.ok(found === undefined, `${this.name} is closed`);
      else if (this.#isThere(sequence)) this.#same(sequence, message, found);
      else assert.equal(found, undefined, `${sequence} was removed`);
    }
  }

  #same(sequence: number, message: Message, found: ReturnType<Log["read"]>): void {
    assert.ok(found !== undefined, `message ${sequence} of ${this.name} is not there`);
    assert.equal(found.subject, message.subject);
    assert.ok(
      found.payload.equals(message.payload) && found.headers.equals(message.headers),
      `message ${sequence}: wrong bytes`,
    );
    assert.equal(found.timestampNs, message.timestampNs);
  }

  /** After a start: nothing acknowledged is missing, nothing is there that may not be; then what is there counts. */
  compare(log: Log): void {
    assert.equal(log.losses.count, 0, `loss reported without damage: ${JSON.stringify(log.losses.ranges)}`);
    assert.ok(log.last >= this.#highestAcked, `last sequence ${log.last} is below ${this.#highestAcked}`);
    for (const [sequence, message] of this.#messages) {
      const found = log.read(sequence) ?? log.read(sequence); // a read that failed once does not make it lost
      const may = !this.#removed.has(sequence);
      const must =
        may && this.#isAcked(sequence) && !this.#removing.has(sequence) && !this.#erasing.has(sequence);
      if (must || (found !== undefined && may)) this.#same(sequence, message, found);
      else assert.equal(found, undefined, `message ${sequence} of ${this.name} came back`);
      if (found === undefined) this.#messages.delete(sequence);
    }
    this.#compareIndex(log);
    this.#compareStates(log);
    this.#removing.clear();
    this.#removed.clear();
    this.#failed.clear();
    this.#erasing.clear();
    this.isOver = false;
    this.#acked = log.last;
    this.#highestAcked = Math.max(this.#highestAcked, ...this.#messages.keys());
  }

  /** Every way to ask the index agrees with every other. */
  #compareIndex(log: Log): void {
    const there: number[] = [];
    for (let s = log.next(1); s !== 0; s = log.next(s + 1)) there.push(s);
    const expected = [...this.#messages.keys()].sort((a, b) => a - b);
    assert.deepEqual(
      there,
      expected,
      `${this.name}: messages that were never appended, or are not found in order`,
    );
    const { state } = log;
    assert.equal(state.messages, there.length);
    assert.equal(state.first, there[0] ?? log.last + 1);
    let bytes = 0;
    const bySubject = new Map<string, number[]>();
    for (const s of there) {
      const { subject, headers, payload } = this.#messages.get(s)!;
      bytes += subject.length + headers.length + payload.length + (headers.length > 0 ? 34 : 30);
      bySubject.set(subject, [...(bySubject.get(subject) ?? []), s]);
    }
    assert.equal(state.bytes, bytes, "counted bytes");
    assert.equal(state.subjects, bySubject.size);
    for (const [subject, sequences] of bySubject) {
      assert.deepEqual(log.subject(subject), {
        subject,
        messages: sequences.length,
        first: sequences[0],
        last: sequences.at(-1),
      });
      const filter = new Filter([subject]);
      const walked: number[] = [];
      for (let s = nextOf(log, 1, filter); s !== 0; s = nextOf(log, s + 1, filter)) walked.push(s);
      assert.deepEqual(walked, sequences, `walking ${subject}`);
    }
  }

  #compareStates(log: Log): void {
    for (const [key, state] of this.#states) {
      const found = log.states.load(key)?.toString();
      const may = [state.durable, ...state.attempts.map((attempt) => attempt.text)];
      assert.ok(
        may.includes(found),
        `state ${key} of ${this.name} is ${found}, durable was ${state.durable}`,
      );
      state.durable = found;
      state.attempts = [];
    }
  }
}
