// The small state that a stream's owner keeps under keys of its own: configuration, consumers.

import { Fault } from "../base/assert.ts";
import type { StreamContext } from "./context.ts";
import { Cover } from "./cover.ts";
import type { Losses } from "./loss.ts";
import { flagEncrypted } from "./record.ts";
import { parseStateName, readState, SmallState, stateBytesMax } from "./small-state.ts";

const saltBytes = 16;
const keyBytesMax = 1024;

type Done = (error: Error | undefined) => void;

export class OwnerStates {
  readonly #context: StreamContext;
  readonly #states = new Map<string, { readonly state: SmallState; bytes: Buffer }>();

  /** States whose copies may still have to be unlinked. A key that comes back goes on with its old generations. */
  readonly #forgotten = new Map<string, SmallState>();
  /** Of all these, and of what a start left aside. */
  readonly #numbers = new Set<number>();
  #isEnding = false;

  constructor(context: StreamContext) {
    this.#context = context;
  }

  get keys(): string[] {
    return [...this.#states.keys()];
  }

  /** What was last saved under a key; undefined when there is nothing. */
  load(key: string): Buffer | undefined {
    return this.#states.get(key)?.bytes;
  }

  /** Keeps `bytes` under `key`; `done` when it is on the disk. Until then a crash leaves the old bytes or the new. */
  save(key: string, bytes: Uint8Array, done: Done): void {
    if (this.#isEnding)
      return done(new Fault("keep state of a stream that is closed", { key: key.slice(0, 64) }));
    if (bytes.length > stateBytesMax / 2 || key.length > keyBytesMax) {
      return done(new Fault("save state beyond its limit", { key: key.slice(0, 64), bytes: bytes.length }));
    }
    const kept = Buffer.from(bytes);
    let entry = this.#states.get(key);
    if (entry === undefined) {
      entry = { state: this.#forgotten.get(key) ?? this.#fresh(key), bytes: kept };
      this.#forgotten.delete(key);
      this.#states.set(key, entry);
    }
    entry.bytes = kept;
    this.#context.commit.save(
      entry.state,
      this.#context.id,
      this.#encode(entry.state.number, key, kept),
      done,
      this.#context.tenant,
    );
  }

  /** Keeps nothing under `key` any more. */
  forget(key: string, done: Done): void {
    if (this.#isEnding)
      return done(new Fault("forget state of a stream that is closed", { key: key.slice(0, 64) }));
    const state = this.#states.get(key)?.state ?? this.#forgotten.get(key);
    if (state === undefined) return done(undefined);
    this.#states.delete(key);
    this.#forgotten.set(key, state);
    this.#context.commit.save(state, this.#context.id, undefined, done, this.#context.tenant);
  }

  #fresh(key: string): SmallState {
    const { disk, handles, directory, id } = this.#context;
    const state = new SmallState(disk, handles, directory, id, this.#freshNumber(), 0, Buffer.alloc(0));
    this.#tend(key, state);
    return state;
  }

  /** Once the copies of a forgotten key are unlinked, nothing is left of it. */
  #tend(key: string, state: SmallState): void {
    state.onRest = () => {
      if (this.#forgotten.get(key) !== state) return;
      this.#forgotten.delete(key);
      this.#numbers.delete(state.number);
    };
  }

  #freshNumber(): number {
    let number = 0;
    while (number === 0 || this.#numbers.has(number)) number = this.#context.random.below(2 ** 32);
    this.#numbers.add(number);
    return number;
  }

  #encode(number: number, key: string, bytes: Buffer): Buffer {
    const name = Buffer.from(key, "utf8");
    const plain = Buffer.alloc(2 + name.length + bytes.length);
    plain.writeUInt16LE(name.length);
    name.copy(plain, 2);
    bytes.copy(plain, 2 + name.length);
    if (this.#context.key === undefined) return Buffer.concat([Buffer.from([0]), plain]);
    const salt = Buffer.from(this.#context.random.bytes(saltBytes));
    return Buffer.concat([Buffer.from([1]), salt, this.#cover(number, salt).put(plain, 0).body]);
  }

  #decode(number: number, contents: Buffer): { key: string; bytes: Buffer } | undefined {
    let plain = contents.subarray(1);
    if (contents[0] === 1) {
      const salt = contents.subarray(1, 1 + saltBytes);
      const sealed = contents.subarray(1 + saltBytes);
      plain = this.#cover(number, salt).take(sealed, flagEncrypted, 0, sealed.length - 16);
    }
    if (plain.length < 2 || plain.length < 2 + plain.readUInt16LE(0)) return undefined;
    const end = 2 + plain.readUInt16LE(0);
    return { key: plain.toString("utf8", 2, end), bytes: Buffer.from(plain.subarray(end)) };
  }

  #cover(number: number, salt: Buffer): Cover {
    return new Cover(
      "none",
      this.#context.key,
      `${this.#context.id} state ${number} ${salt.toString("hex")}`,
    );
  }

  /** Reads what a stream's directory holds. Throws Fault when the stream's key is missing or wrong. */
  recover(losses: Losses): void {
    const { disk, directory, handles, id } = this.#context;
    for (const name of disk.listSync(directory)) {
      const parsed = parseStateName(name);
      if (parsed !== undefined && parsed.number !== 0) this.#numbers.add(parsed.number);
    }
    for (const number of this.#numbers) {
      const found = readState(disk, directory, id, number);
      for (const path of found.damaged) losses.damaged({ path, what: "a copy of small state" });
      const decoded = found.newest === undefined ? undefined : this.#decode(number, found.newest.contents);
      if (decoded === undefined) continue;
      const { generation, contents } = found.newest!;
      const state = new SmallState(disk, handles, directory, id, number, generation, contents);
      if (found.damaged.length > 0 || found.uneven) state.mend(found.weaker);
      this.#tend(decoded.key, state);
      this.#states.set(decoded.key, { state, bytes: decoded.bytes });
    }
  }

  /** Nothing more is kept or forgotten. */
  end(): void {
    this.#isEnding = true;
  }

  abandon(): void {
    for (const { state } of this.#states.values()) state.abandon();
    for (const state of this.#forgotten.values()) state.abandon();
  }

  close(): void {
    for (const { state } of this.#states.values()) state.close();
  }
}
