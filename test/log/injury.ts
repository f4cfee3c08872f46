// Damage to a store at rest: random injuries to its files, after a stop in order and after a kill. No message may be
// lost whose bytes were not hit, no wrong byte served, nothing lost unreported, no sequence given out twice.
// bin/node test/log/injury.ts [--from SEED] [--count N]

import assert from "node:assert/strict";
import { scanRecords } from "../../src/log/scan.ts";
import { markOf, parseSegmentName, segmentHeaderBytes } from "../../src/log/segment.ts";
import { Store } from "../../src/log/store.ts";
import { type Chance, chanceOf } from "../world/chance.ts";
import { SimDisk } from "../world/disk.ts";
import type { Room } from "./simulation.ts";

const records = 6000;
const directory = "/store";
const limits = { segmentBytes: 128 * 1024, journalBytes: 64 * 1024, freeBytesMin: 0 };

export interface Patient {
  readonly disk: SimDisk;
  readonly stopped: "clean" | "kill";
  /** Payload of each sequence. */
  readonly payloads: ReadonlyMap<number, string>;
  /** Where each message lies: file, from, to. */
  readonly places: ReadonlyMap<number, { readonly path: string; readonly from: number; readonly to: number }>;
}

export interface Outcome {
  readonly injury: string;
  readonly lost: number;
}

const clock = {
  now: () => 0,
  nowNs: () => 0n,
  monotonicMs: () => 0,
  after: () => ({ cancel: () => undefined }),
};
const trace = { enabled: () => false, log: () => undefined };

function open(room: Room, disk: SimDisk, chance: Chance): Store {
  return new room.Store({ disk, clock, random: chance, trace, directory, limits });
}

/** A store of 6,000 acknowledged records, stopped. */
export async function aPatient(room: Room, stopped: "clean" | "kill"): Promise<Patient> {
  const chance = chanceOf(stopped === "clean" ? 11 : 12);
  const disk = new SimDisk(7);
  const store = open(room, disk, chance);
  const payloads = new Map<number, string>();
  let acknowledged = 0;
  const owner = {
    committed: (upTo: number) => void (acknowledged = upTo),
    failed: () => assert.fail("failed"),
  };
  const log = store.create("s", { tenant: "t" }, owner);
  for (let i = 1; i <= records; i++) {
    const payload = `payload ${i} ${"z".repeat(chance.below(200))}`;
    payloads.set(log.append(`s.${i % 7}`, undefined, Buffer.from(payload), BigInt(i)), payload);
    // The last ones are one large share, which no journal holds: what a cut of the segment takes is gone.
    if ((chance.below(20) > 0 || i > records - 600) && i < records) continue;
    while (acknowledged < i) {
      await Promise.resolve();
      disk.step();
    }
  }
  if (stopped === "clean") {
    let closed = false;
    store.close(() => void (closed = true));
    while (!closed) {
      await Promise.resolve();
      disk.step();
    }
  }
  const rested = disk.reborn("kill", 1);
  return { disk: rested, stopped, payloads, places: placesIn(rested) };
}

function placesIn(disk: SimDisk): Map<number, { path: string; from: number; to: number }> {
  const places = new Map<number, { path: string; from: number; to: number }>();
  for (const path of disk.files()) {
    const [name, id] = path.split("/").reverse() as [string, string];
    const parsed = parseSegmentName(name);
    if (parsed === undefined) continue;
    const bytes = disk.contents(path);
    scanRecords(bytes, segmentHeaderBytes, bytes.length, markOf(id, parsed.number, parsed.generation), 0, {
      record: (at, length) => {
        if (bytes[at + 12] === 1)
          places.set(Number(bytes.readBigUInt64LE(at + 16)), { path, from: at, to: at + length });
      },
      damaged: () => assert.fail("damaged before any injury"),
    });
  }
  return places;
}

interface Hit {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly what: string;
}

/** Injures one file; answers the bytes that were hit. */
function injure(disk: SimDisk, chance: Chance): Hit {
  const path = chance.pick(disk.files().filter((name) => disk.contents(name).length > 0));
  const bytes = Buffer.from(disk.contents(path));
  const at = chance.below(bytes.length);
  const kind = chance.below(6);
  if (kind === 0) {
    bytes[at]! ^= 1 << chance.below(8);
    disk.replace(path, bytes);
    return { path, from: at, to: at + 1, what: `bit flipped at ${at}` };
  }
  if (kind === 1) {
    disk.replace(path, bytes.subarray(0, at));
    return { path, from: at, to: bytes.length, what: `cut at ${at}` };
  }
  if (kind === 2 || kind === 3) {
    const size = kind === 2 ? 512 : 4096;
    const from = Math.floor(at / size) * size;
    bytes.fill(0, from, Math.min(bytes.length, from + size));
    disk.replace(path, bytes);
    return { path, from, to: from + size, what: `${size} bytes zeroed at ${from}` };
  }
  if (kind === 4) {
    disk.replace(path, Buffer.concat([bytes, chance.bytes(1 + chance.below(9000))]));
    return { path, from: bytes.length, to: Number.POSITIVE_INFINITY, what: "garbage behind the end" };
  }
  disk.lose(path);
  return { path, from: 0, to: Number.POSITIVE_INFINITY, what: "deleted" };
}

/** Injures a copy of the patient once and starts it. Throws what must not be. */
export async function injureOnce(room: Room, patient: Patient, seed: number): Promise<Outcome> {
  const chance = chanceOf(seed);
  const disk = patient.disk.copy(seed);
  const hit = injure(disk, chance);
  const injury = `${hit.path} ${hit.what}`;
  const store = open(room, disk, chance);
  assert.deepEqual(
    store.entries().map((entry) => entry.name),
    ["s"],
    `${injury}: the stream is gone`,
  );
  let acknowledged = 0;
  const log = store.open("s", {
    committed: (upTo) => void (acknowledged = upTo),
    failed: () => assert.fail(injury),
  });
  let lost = 0;
  const reported = new Set<number>();
  for (const [sequence, payload] of patient.payloads) {
    const found = log.read(sequence);
    if (found !== undefined) {
      assert.equal(found.payload.toString(), payload, `${injury}: wrong bytes for ${sequence}`);
      continue;
    }
    const place = patient.places.get(sequence)!;
    const wasHit = place.path === hit.path && place.from < hit.to && place.to > hit.from;
    assert.ok(wasHit, `${injury}: message ${sequence} is lost and was not hit`);
    reported.add(sequence);
    lost++;
  }
  const told = [...log.losses.ranges, ...log.losses.uncertainRanges];
  for (const sequence of reported) {
    const isTold = told.some((range) => sequence >= range.first && sequence <= range.last);
    assert.ok(isTold, `${injury}: the loss of ${sequence} is not reported`);
  }
  const next = log.append("s.new", undefined, Buffer.from("after"), 1n);
  assert.ok(next > records, `${injury}: sequence ${next} was acknowledged before`);
  while (acknowledged < next) {
    await Promise.resolve();
    disk.step();
  }
  assert.equal(log.read(next)?.payload.toString(), "after");
  return { injury, lost };
}

if (process.argv[1] === import.meta.filename) {
  const argument = (name: string, otherwise: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const [from, count] = [argument("from", 1), argument("count", 1000)];
  const patients = [await aPatient({ Store }, "clean"), await aPatient({ Store }, "kill")];
  let failures = 0;
  let lost = 0;
  let withLoss = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      const outcome = await injureOnce({ Store }, patients[seed % 2]!, seed);
      lost += outcome.lost;
      if (outcome.lost > 0) withLoss++;
    } catch (cause) {
      failures++;
      console.log(`seed ${seed} ${patients[seed % 2]!.stopped}: ${(cause as Error).message}`);
    }
  }
  console.log(`${count} injuries, ${withLoss} cost messages, ${lost} messages in all, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}
