// A stream's own header: who it is, and above which sequence nothing was ever given out. It is small state number 0.
// Sequences are reserved ahead, so that none is given out twice even if the end of the log is damaged.

import type { Commit } from "./commit.ts";
import type { Compression } from "./cover.ts";
import type { SmallState } from "./small-state.ts";

export interface HeaderFields {
  readonly name: string;
  readonly tenant: string;
  readonly compression: Compression;
  readonly encrypted: boolean;
  /** Sequences up to this one may have been given out. */
  readonly reserved: number;
  /** Everything below is no message and is not missed. */
  readonly floor: number;
  /** The stream was closed in order: `last` is the last sequence given out. */
  readonly clean: boolean;
  readonly last: number;
  /** Segments up to this number may have been unlinked: their names do not come again. */
  readonly number: number;
  /** The how-manieth stream of the store it is: of two with one name, the later one counts. */
  readonly order: number;
}

export function encodeHeader(fields: HeaderFields): Buffer {
  return Buffer.from(JSON.stringify(fields), "utf8");
}

/** Reads a header whose checksum was good; undefined when it makes no sense all the same. */
export function decodeHeader(contents: Buffer): HeaderFields | undefined {
  let found: Partial<Record<keyof HeaderFields, unknown>>;
  try {
    found = JSON.parse(contents.toString("utf8"));
  } catch {
    return undefined; // a checksum that agrees with no JSON: reported as a damaged copy by the caller
  }
  const { name, tenant, compression, encrypted, reserved, floor, clean, last, number, order } = found;
  if (typeof name !== "string" || typeof tenant !== "string") return undefined;
  if (compression !== "none" && compression !== "zstd") return undefined;
  for (const each of [reserved, floor, last, number, order])
    if (!Number.isSafeInteger(each)) return undefined;
  return {
    name,
    tenant,
    compression,
    encrypted: encrypted === true,
    reserved: reserved as number,
    floor: floor as number,
    clean: clean === true,
    last: last as number,
    number: number as number,
    order: order as number,
  };
}

export class StreamHeader {
  readonly state: SmallState;
  readonly #commit: Commit;
  readonly #streamId: string;
  readonly #reserveMax: number;
  #fields: HeaderFields;
  #step: number;
  #reserved: number;
  #reserveAt: number;
  /** As the disk knows it. */
  #floor: number;
  #number: number;
  #asked: number;

  constructor(
    state: SmallState,
    commit: Commit,
    streamId: string,
    fields: HeaderFields,
    reserveMin: number,
    reserveMax: number,
  ) {
    this.state = state;
    this.#commit = commit;
    this.#streamId = streamId;
    this.#fields = fields;
    this.#step = reserveMin;
    this.#reserveMax = reserveMax;
    this.#reserved = fields.clean ? 0 : fields.reserved;
    this.#asked = this.#reserved;
    this.#floor = fields.floor;
    this.#number = fields.number;
    this.#reserveAt = 0; // the first append of a run always reserves: a clean header tells an exact end
  }

  /** Sequences up to this one may be acknowledged: the disk knows that they may have been given out. */
  get reserved(): number {
    return this.#reserved;
  }

  /** Above this sequence it is time to reserve more. */
  get reserveAt(): number {
    return this.#reserveAt;
  }

  reserve(sequence: number, done: (error: Error | undefined) => void): void {
    const asked = sequence + this.#step;
    this.#reserveAt = sequence + Math.floor(this.#step / 2);
    this.#step = Math.min(this.#step * 2, this.#reserveMax);
    this.#asked = Math.max(this.#asked, asked);
    this.#save({ ...this.#fields, clean: false, reserved: this.#asked }, (error) => {
      if (error === undefined) this.#reserved = Math.max(this.#reserved, asked);
      else this.#reserveAt = 0;
      done(error);
    });
  }

  /** Nothing below `floor` is a message, and nothing need tell so any more; the segment of this `number` may go. */
  raiseFloor(floor: number, number: number, done: (error: Error | undefined) => void): void {
    if (floor <= this.#floor && number <= this.#number) return done(undefined);
    const fields = this.#fields;
    const raised = { floor: Math.max(floor, fields.floor), number: Math.max(number, fields.number) };
    this.#save({ ...fields, ...raised }, (error) => {
      if (error === undefined) this.#floor = Math.max(this.#floor, floor);
      if (error === undefined) this.#number = Math.max(this.#number, number);
      done(error);
    });
  }

  #save(fields: HeaderFields, done: (error: Error | undefined) => void): void {
    this.#fields = fields;
    const kept = (error: Error | undefined): void => {
      if (error !== undefined) return done(error);
      try {
        this.state.writeCopiesSync(); // at once: the journal should not be the only place that knows
        done(undefined);
      } catch (cause) {
        done(cause as Error);
      }
    };
    this.#commit.save(this.state, this.#streamId, encodeHeader(fields), kept, fields.tenant);
  }

  /** Both copies tell the exact end. Throws the disk's error. */
  closeSync(last: number, floor: number): void {
    this.#fields = { ...this.#fields, clean: true, last, floor, reserved: last };
    this.state.keepSync(encodeHeader(this.#fields));
  }
}
