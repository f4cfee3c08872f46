// A store on a simulated disk for tests of the room: small limits, a clock that stands still, one seed.

import assert from "node:assert/strict";
import type { Log } from "../../src/log/log.ts";
import { Store, type StoreLimits, type StreamOptions } from "../../src/log/store.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Disk } from "../../src/ports/disk.ts";
import type { Trace, TraceLevel } from "../../src/ports/trace.ts";
import { chanceOf } from "../world/chance.ts";
import { ManualClock } from "../world/clock.ts";
import { SimDisk } from "../world/disk.ts";
import { killed, lose, names, refuse, segmentsOf } from "./files.ts";

export const directory = "/s";
/** Little room, and what is committed goes to its segment at once. */
export const small = {
  segmentBytes: 4096,
  journalBytes: 32 * 1024,
  freeBytesMin: 0,
  compactBytesMin: 512,
  behindBytesMax: 0,
};
/** What is committed stays in the journal until a segment is closed. */
export const lazy = { behindBytesMax: 1024 * 1024 };
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

/** The stream stops: syncs of such files fail under its next message, and go well again after it. */
export async function stopStream({ log, disk }: Pick<Scene, "log" | "disk">, syncs: RegExp): Promise<void> {
  refuse(disk, "sync", syncs);
  log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(disk);
  disk.plan = () => undefined;
  assert.equal(log.phase, "failed");
}

/** Opens the stopped stream again; answers the one error that is told, or undefined. */
export async function reopening({ log, disk }: Pick<Scene, "log" | "disk">): Promise<Error | undefined> {
  const heard: (Error | undefined)[] = [];
  log.reopen((error) => void heard.push(error));
  await settle(disk);
  assert.equal(heard.length, 1, "a reopening is answered once");
  return heard[0];
}

/** Paths of the files that hold this text. */
export function holding({ disk }: Pick<Scene, "disk">, text: string): string[] {
  return disk.files().filter((path) => disk.contents(path).includes(text));
}

/** Erases a message; answers the one error that is told, or undefined. */
export async function erasing(
  { log, disk }: Pick<Scene, "log" | "disk">,
  sequence: number,
): Promise<Error | undefined> {
  const heard: (Error | undefined)[] = [];
  log.erase(sequence, (error) => void heard.push(error));
  await settle(disk);
  assert.equal(heard.length, 1, "an erasure is answered once");
  return heard[0];
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

/** A stream stopped in order, only its segments left to tell of its messages. */
export async function stopped(subjects: readonly string[], options = {}): Promise<SimDisk> {
  const { store, disk } = await aLogWith(subjects, options);
  await close(store, disk);
  lose(disk, ".journal", ".idx");
  return disk;
}

/** As `stopped`, but by a kill. */
export async function cutOff(
  subjects: readonly string[],
  act: (scene: Scene) => void = () => undefined,
): Promise<SimDisk> {
  const scene = await aLogWith(subjects);
  act(scene);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  lose(disk, ".journal", ".idx");
  return disk;
}

/** Takes out so much of the first segment that it is written anew. */
export async function rewriteFirst(scene: Scene, from: number, to: number): Promise<void> {
  scene.log.removeRange(from, to);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg", "not rewritten");
}

/** Whether a start reads more of the segments than their headers, for their versions first. */
export function readsRecords(disk: SimDisk, key?: Uint8Array): { scene: Scene; isRead: boolean } {
  let reads = 0;
  disk.plan = (_, what, path) => {
    if (what === "read" && path.endsWith(".seg")) reads++;
    return undefined;
  };
  const scene = opened(disk, key);
  disk.plan = () => undefined;
  return { scene, isRead: reads > 2 * segmentsOf(disk).length };
}
