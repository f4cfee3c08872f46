// Damage to a store at rest: random injuries to its files, after a stop in order, a kill, and a power cut that left part
// of the messages to the journal alone. No message may be lost whose bytes were not hit wherever they lay, no wrong byte
// served, nothing lost unreported, no sequence given out twice.
// bin/node test/log/injury.ts [--from SEED] [--count N]

import assert from "node:assert/strict";
import { itemRecords, parseJournalName } from "../../src/log/journal.ts";
import { readJournal } from "../../src/log/journal-scan.ts";
import { scanRecords } from "../../src/log/scan.ts";
import { markOf, parseSegmentName, segmentHeaderBytes } from "../../src/log/segment.ts";
import { stateHeaderBytes } from "../../src/log/small-state.ts";
import { Store } from "../../src/log/store.ts";
import { type Chance, chanceOf } from "../world/chance.ts";
import { SimDisk } from "../world/disk.ts";
import type { Room } from "./simulation.ts";

const records = 6000;
const directory = "/store";
const limits = { segmentBytes: 128 * 1024, journalBytes: 64 * 1024, freeBytesMin: 0 };

export type Stopped = "clean" | "kill" | "power";

/** Part of a file. */
interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface Patient {
  readonly disk: SimDisk;
  readonly stopped: Stopped;
  /** Payload of each sequence. */
  readonly payloads: ReadonlyMap<number, string>;
  /** Where each message lies, in a segment, a journal or both. */
  readonly places: ReadonlyMap<number, readonly Part[]>;
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
export async function aPatient(room: Room, stopped: Stopped): Promise<Patient> {
  for (let seed = 7; ; seed++) {
    const patient = await treated(room, stopped, seed);
    const alone = [...patient.places.values()].filter(
      (places) => !places.some(({ path }) => path.endsWith(".seg")),
    );
    if (stopped !== "power" || alone.length > 100) return patient;
    assert.ok(seed < 100, "no power cut leaves messages to the journal alone");
  }
}

async function treated(room: Room, stopped: Stopped, seed: number): Promise<Patient> {
  const chance = chanceOf(stopped === "clean" ? 11 : 12);
  const disk = new SimDisk(seed);
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
    // Or of the power cut: small ones, which it alone holds.
    const isLarge = i > records - 600 && stopped !== "power";
    if ((chance.below(20) > 0 || isLarge) && i < records) continue;
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
  const rested = disk.reborn(stopped === "power" ? "power" : "kill", 1);
  return { disk: rested, stopped, payloads, places: placesIn(rested) };
}

function placesIn(disk: SimDisk): Map<number, Part[]> {
  const places = new Map<number, Part[]>();
  const scan = (path: string, bytes: Buffer, from: number, mark: number, base: number, at0: number): void =>
    void scanRecords(bytes, from, bytes.length, mark, base, {
      record: (at, length) => {
        if (bytes[at + 12] !== 1) return;
        const sequence = Number(bytes.readBigUInt64LE(at + 16));
        const place = { path, from: at0 + at, to: at0 + at + length };
        places.set(sequence, [...(places.get(sequence) ?? []), place]);
      },
      damaged: () => undefined,
    });
  const storeId = disk.contents(`${directory}/00000000.a.state`).toString("hex", stateHeaderBytes);
  for (const path of disk.files()) {
    const [name, id] = path.split("/").reverse() as [string, string];
    const bytes = disk.contents(path);
    const segment = parseSegmentName(name);
    if (segment !== undefined)
      scan(path, bytes, segmentHeaderBytes, markOf(id, segment.number, segment.generation), 0, 0);
    if (parseJournalName(name) === undefined) continue;
    for (const item of readJournal(bytes, storeId).items) {
      const mark = markOf(item.streamId, item.number, item.generation);
      if (item.kind === itemRecords) scan(path, item.bytes, 0, mark, item.place, item.at);
    }
  }
  return places;
}

interface Hit extends Part {
  readonly what: string;
}

/** Injures one file; answers the bytes that were hit. */
function injure(disk: SimDisk, chance: Chance): Hit {
  const path = chance.pick(disk.files().filter((name) => disk.contents(name).length > 0));
  const bytes = Buffer.from(disk.contents(path));
  const at = chance.below(bytes.length);
  const kind = chance.below(7);
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
  if (kind === 5) {
    const from = disk.makeStale(path);
    if (from >= 0) return { path, from, to: from + 512, what: `old contents of 512 bytes at ${from}` };
  }
  if (kind === 5) {
    disk.spoil(path, at);
    const from = Math.floor(at / 4096) * 4096;
    return { path, from, to: from + 4096, what: `unreadable at ${from}` };
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
    const wasHit = patient.places
      .get(sequence)!
      .every(({ path, from, to }) => path === hit.path && from < hit.to && to > hit.from);
    assert.ok(wasHit, `${injury}: message ${sequence} is lost and was not hit`);
    reported.add(sequence);
    lost++;
  }
  const unreadable = log.losses.damage.flatMap(({ what }) => {
    const sequence = Number(/^message (\d+) is unreadable/.exec(what)?.[1] ?? 0);
    return sequence === 0 ? [] : [{ first: sequence, last: sequence }];
  });
  const told = [...log.losses.ranges, ...log.losses.uncertainRanges, ...unreadable];
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
  const patients = await Promise.all(
    (["clean", "kill", "power"] as const).map((stopped) => aPatient({ Store }, stopped)),
  );
  let failures = 0;
  let lost = 0;
  let withLoss = 0;
  for (let seed = from; seed < from + count; seed++) {
    try {
      const outcome = await injureOnce({ Store }, patients[seed % 3]!, seed);
      lost += outcome.lost;
      if (outcome.lost > 0) withLoss++;
    } catch (cause) {
      failures++;
      console.log(`seed ${seed} ${patients[seed % 3]!.stopped}: ${(cause as Error).message}`);
    }
  }
  console.log(`${count} injuries, ${withLoss} cost messages, ${lost} messages in all, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}
