// A store on a simulated disk for tests of the room: small limits, a clock that stands still, one seed.

import assert from "node:assert/strict";
import type { Log } from "../../src/log/log.ts";
import { parseSegmentName } from "../../src/log/segment.ts";
import { Store, type StoreLimits, type StreamOptions } from "../../src/log/store.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Disk } from "../../src/ports/disk.ts";
import type { Trace, TraceLevel } from "../../src/ports/trace.ts";
import { chanceOf } from "../world/chance.ts";
import { ManualClock } from "../world/clock.ts";
import { SimDisk } from "../world/disk.ts";

export const directory = "/s";
export const small = { segmentBytes: 4096, journalBytes: 32 * 1024, freeBytesMin: 0, compactBytesMin: 512 };
export const owner = { committed: () => undefined, failed: () => undefined };

/** Remembers what was said. */
export class Said implements Trace {
  readonly lines: { readonly level: TraceLevel; readonly text: string }[] = [];

  enabled(): boolean {
    return true;
  }

  log(level: TraceLevel, text: string): void {
    this.lines.push({ level, text });
  }

  has(text: RegExp): boolean {
    return this.lines.some((line) => text.test(line.text));
  }
}

export interface Surroundings {
  readonly limits?: Partial<StoreLimits>;
  readonly clock?: Clock;
  readonly trace?: Trace;
}

export function openStore(disk: Disk, { limits = {}, clock, trace }: Surroundings = {}): Store {
  return new Store({
    disk,
    clock: clock ?? new ManualClock(),
    random: chanceOf(5),
    trace: trace ?? new Said(),
    directory,
    limits: { ...small, ...limits },
  });
}

/** Lets everything under way come to its end. */
export async function settle(disk: Disk): Promise<void> {
  for (let idle = 0; idle < 20; idle++) {
    await Promise.resolve();
    if (disk instanceof SimDisk && disk.step()) idle = 0;
  }
}

/** Closes the store; answers the error it closed with. */
export async function closing(store: Store, disk: Disk): Promise<Error | undefined> {
  const closed: (Error | undefined)[] = [];
  store.close((error) => void closed.push(error));
  for (let i = 0; i < 2000 && closed.length === 0; i++) await settle(disk);
  assert.equal(closed.length, 1, "the store closes once");
  return closed[0];
}

export async function close(store: Store, disk: Disk): Promise<void> {
  assert.equal(await closing(store, disk), undefined);
}

export interface Scene {
  readonly disk: SimDisk;
  readonly store: Store;
  readonly log: Log;
  readonly said: Said;
  readonly clock: ManualClock;
}

/** A stream "orders" with one message a subject: "payload 1", "payload 2" and so on, all of it committed. */
export async function aLogWith(
  subjects: readonly string[],
  options: Partial<StreamOptions> = {},
  limits: Partial<StoreLimits> = {},
): Promise<Scene> {
  const disk = new SimDisk(3);
  const [said, clock] = [new Said(), new ManualClock()];
  const store = openStore(disk, { limits, clock, trace: said });
  const log = store.create("orders", { tenant: "t", ...options }, owner);
  appendTo(log, subjects);
  await settle(disk);
  return { disk, store, log, said, clock };
}

export function appendTo(log: Log, subjects: readonly string[]): void {
  subjects.forEach((subject, i) => {
    log.append(subject, undefined, Buffer.from(`payload ${i + 1}`), BigInt(i + 1) * 10n);
  });
}

/** The store closed in order and opened again; the journal's files taken away, if only the segments shall tell. */
export async function reopened(
  { store, disk }: Pick<Scene, "store" | "disk">,
  key?: Uint8Array,
  limits: Partial<StoreLimits> = {},
): Promise<Scene> {
  await close(store, disk);
  return opened(disk, key, limits);
}

/** Another start on what the disk holds. */
export function opened(disk: SimDisk, key?: Uint8Array, limits: Partial<StoreLimits> = {}): Scene {
  const [said, clock] = [new Said(), new ManualClock()];
  const store = openStore(disk, { limits, clock, trace: said });
  return { disk, store, log: store.open("orders", owner, key), said, clock };
}

/** The process ends at once; what was written is there. */
export function killed(disk: SimDisk): SimDisk {
  return disk.reborn("kill", 1);
}

/** Paths of the segments, oldest first. */
export function segmentsOf(disk: SimDisk): string[] {
  return disk.files().filter((path) => parseSegmentName(path.slice(path.lastIndexOf("/") + 1)) !== undefined);
}

/** Takes away every file whose name ends so. */
export function lose(disk: SimDisk, ...endings: readonly string[]): void {
  for (const path of disk.files()) if (endings.some((ending) => path.endsWith(ending))) disk.lose(path);
}

/** Changes a file where it lies. */
export function edit(disk: SimDisk, path: string, change: (bytes: Buffer) => Buffer): void {
  disk.replace(path, change(Buffer.from(disk.contents(path))));
}

/** Turns one bit of the first place where the file holds this text. */
export function damage(disk: SimDisk, path: string, text: string): void {
  edit(disk, path, (bytes) => {
    const at = bytes.indexOf(text);
    assert.ok(at >= 0, `${path} does not hold "${text}"`);
    bytes[at]! ^= 1;
    return bytes;
  });
}

export function sequencesOf(log: Log): number[] {
  const found: number[] = [];
  for (let s = log.next(1); s !== 0; s = log.next(s + 1)) found.push(s);
  return found;
}

export const repeated = (count: number): string[] => Array.from({ length: count }, (_, i) => `a.${i % 3}.x`);
export const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
