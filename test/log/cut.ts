// Real cuts on a real file system: a writer is killed, or the power of its ext4 loop device is cut with everything
// unsynced dropped (FS_IOC_SHUTDOWN, no log flush), again and again. Nothing it acknowledged may be missing.
// bin/node test/log/cut.ts kill ROUNDS [DIR] · bin/node test/log/cut.ts power ROUNDS new|old   (power: root, loop devices)
//
// What is acknowledged once the cut has begun is counted apart: an fdatasync under way while FS_IOC_SHUTDOWN aborts the
// file system's journal may return 0 and keep nothing (of a program that does nothing but append and sync, too: 1 in 60
// cuts). Nobody hears from a machine that has no power.
//
// The power's rounds run in a mount namespace of their own. A namespace that anybody makes while the image is mounted
// holds a copy of the mount: the file system whose power was cut lives on, and writes its old inodes over the next
// one's. Then synced files are short again, whoever wrote them, and that is no power cut.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Filter } from "../../src/log/filter.ts";
import type { Log } from "../../src/log/log.ts";
import { Store, type StoreOptions } from "../../src/log/store.ts";
import { NodeDisk } from "../../src/node/disk.ts";
import { purgeOf, removeRange } from "./asking.ts";

const streams = ["a", "b", "c"];
const limits = {
  segmentBytes: 256 * 1024,
  journalBytes: 1024 * 1024,
  compactBytesMin: 16 * 1024,
  freeBytesMin: 0,
};

function optionsFor(directory: string): StoreOptions {
  return {
    disk: new NodeDisk(),
    clock: {
      now: () => Date.now(),
      nowNs: () => BigInt(Date.now()) * 1_000_000n,
      monotonicMs: () => performance.now(),
      after: (delayMs, ring) => {
        const timer = setTimeout(ring, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    random: { bytes: (length) => randomBytes(length), below: (bound) => Math.floor(Math.random() * bound) },
    trace: { enabled: () => false, log: () => undefined },
    directory,
    limits,
  };
}

const payloadOf = (id: number): Buffer => Buffer.alloc(20 + ((id * 7919) % 900), `${id}:`);

/** Appends, removes and reports what is durable, one line each, until it is stopped. */
function write(directory: string, firstId: number, report: string): void {
  const store = new Store(optionsFor(directory));
  // A file on another file system: a pipe that is full would keep lines in a memory that is about to die.
  const out = openSync(report, "a");
  const say = (line: string): void =>
    void writeSync(out, `${line} ${(performance.timeOrigin + performance.now()).toFixed(3)}\n`);
  let id = firstId;
  for (const name of streams) {
    const waiting: { sequence: number; id: number }[] = [];
    const owner = {
      committed: (upTo: number) => {
        while (waiting.length > 0 && waiting[0]!.sequence <= upTo) {
          const done = waiting.shift()!;
          say(`+ ${name} ${done.sequence} ${done.id}`);
        }
        setImmediate(fill);
      },
      failed: () => say(`! ${name}`),
    };
    const known = store.entries().some((entry) => entry.name === name);
    const log = known ? store.open(name, owner) : store.create(name, { tenant: name }, owner);
    say(`= ${name} ${log.last}`);
    const fill = (): void => {
      const burst = Math.random() < 0.1 ? 200 : 1 + Math.floor(Math.random() * 10);
      for (let i = 0; i < burst; i++) {
        id++;
        const sequence = log.append(`s.${id % 5}`, undefined, payloadOf(id), BigInt(Date.now()) * 1_000_000n);
        if (sequence > 0) waiting.push({ sequence, id });
      }
      if (Math.random() < 0.4 && log.state.messages > 500) takeOut(name, log, say);
      log.states.save("k", payloadOf(id), () => undefined);
    };
    fill();
  }
  process.stdout.write("ready\n");
}

/** Removes in one of the ways there are; says what before, and once it is on the disk. */
function takeOut(name: string, log: Log, say: (line: string) => void): void {
  const kind = Math.random();
  const bySubject = kind >= 0.2 && kind < 0.3;
  const first = bySubject ? log.first : log.first + Math.floor(Math.random() * 300);
  const last = kind < 0.2 ? first : first + Math.floor(Math.random() * 400);
  say(`? ${name} ${first} ${last}`);
  // By subject the others stay: they may be gone, nothing more.
  const gone = (error: Error | undefined): void => {
    if (error === undefined) say(`${bySubject ? "." : "-"} ${name} ${first} ${last}`);
  };
  if (kind < 0.1) return log.erase(first, gone);
  if (kind < 0.2) log.remove(first, true);
  else if (bySubject) purgeOf(log, new Filter([`s.${last % 5}`]), last);
  else removeRange(log, first, last);
  log.whenDurable(gone);
}

/** What the cuts came in the middle of, as the files tell that are there before the next start. */
const met = { rewrites: 0, checkpoints: 0, removals: 0, generations: 0 };

function look(directory: string): void {
  const names = readdirSync(join(directory, "streams"), { recursive: true }).map(String);
  if (names.some((name) => name.endsWith(".seg.new"))) met.rewrites++;
  if (names.some((name) => name.endsWith(".idx.new"))) met.checkpoints++;
  const generations = names.map((name) =>
    Number.parseInt(/\.([0-9a-f]{4})\.seg$/.exec(name)?.[1] ?? "0", 16),
  );
  met.generations = Math.max(met.generations, ...generations);
}

interface Book {
  readonly kept: Map<number, number>;
  /** Acknowledged once the cut had begun. */
  readonly late: Set<number>;
  readonly asked: { first: number; last: number }[];
  highest: number;
}

type Books = Map<string, Book>;

/** Acknowledgements said after the cut had begun, and how many of them are missing. */
const late = { said: 0, missing: 0 };

/** Takes in what a writer reported; `cutAt` is the moment before the cut. */
function enter(books: Books, text: string, cutAt: number): number {
  let [acknowledged, open] = [0, 0];
  for (const line of text.split("\n").slice(0, -1)) {
    const words = line.split(" ");
    const isLate = Number(words.pop()) >= cutAt;
    const [what, name, first, second] = words;
    open += what === "?" ? 1 : what === "-" || what === "." ? -1 : 0;
    const book = books.get(name!)!;
    const [a, b] = [Number(first), Number(second)];
    if (isLate && what === "+") {
      late.said++;
      book.late.add(a);
    }
    if (what === "+") {
      assert.ok(a > book.highest, `sequence ${a} of ${name} was given out twice`);
      book.highest = a;
      book.kept.set(a, b);
      if (!isLate) acknowledged++;
    } else if (what === "?") book.asked.push({ first: a, last: b });
    else if (what === "-" && !isLate)
      for (const s of [...book.kept.keys()]) if (s >= a && s <= b) book.kept.set(s, -1);
  }
  if (open > 0) met.removals++;
  return acknowledged;
}

/** Opens the store and compares it with the books; then the books follow the store. */
async function verify(directory: string, books: Books): Promise<void> {
  const store = new Store(optionsFor(directory));
  for (const name of streams) {
    const book = books.get(name)!;
    if (!store.entries().some((entry) => entry.name === name)) {
      assert.equal(book.kept.size, 0, `stream ${name} is gone`);
      continue;
    }
    const log = store.open(name, { committed: () => undefined, failed: () => undefined });
    if (log.losses.count > 0 && process.env.CHAPPE_KEEP !== undefined) {
      execFileSync("cp", ["-r", directory, process.env.CHAPPE_KEEP]);
    }
    assert.equal(log.losses.count, 0, `${name}: a loss is reported: ${JSON.stringify(log.losses.ranges)}`);
    assert.ok(log.last >= book.highest, `${name}: last ${log.last} is below ${book.highest}`);
    for (const [sequence, id] of book.kept) {
      const found = log.read(sequence);
      if (id === -1) assert.equal(found, undefined, `${name} ${sequence} came back`);
      else if (found !== undefined)
        assert.ok(found.payload.equals(payloadOf(id)), `${name} ${sequence}: wrong bytes`);
      else {
        const isLate = book.late.has(sequence);
        const removed = book.asked.some((range) => sequence >= range.first && sequence <= range.last);
        if (isLate && !removed) late.missing++;
        const asked = isLate || removed;
        if (!asked && process.env.CHAPPE_KEEP !== undefined)
          execFileSync("cp", ["-r", directory, process.env.CHAPPE_KEEP]);
        const seen = JSON.stringify([
          log.state,
          log.losses.uncertainRanges,
          log.losses.damage.slice(0, 5),
          book.highest,
        ]);
        assert.ok(asked, `${name} ${sequence} was acknowledged and is lost: ${seen}`);
      }
      if (found === undefined) book.kept.delete(sequence);
    }
    book.asked.length = 0;
    book.late.clear();
    book.highest = Math.max(book.highest, log.last);
  }
  await new Promise<void>((resolve, reject) =>
    store.close((error) => (error === undefined ? resolve() : reject(error))),
  );
}

/** Lets a writer run for a while, cuts it, answers what it said. */
async function runWriter(
  report: string,
  directory: string,
  firstId: number,
  ms: number,
  cut: () => number,
): Promise<{ text: string; cutAt: number }> {
  const child = spawn(
    process.execPath,
    [import.meta.filename, "writer", directory, String(firstId), report],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, ms));
  const cutAt = cut();
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("close", resolve));
  const text = readFileSync(report, "latin1");
  rmSync(report);
  return { text, cutAt };
}

const image = { file: "", device: "", mount: "" };

function attachImage(): void {
  image.device = execFileSync("losetup", ["-f", "--show", image.file]).toString().trim();
}

function mountImage(): void {
  execFileSync("mount", ["-t", "ext4", image.device, image.mount]);
}

/** The file system whose power was cut goes for good before the next one begins: it must not write to the image any more. */
async function detachImage(): Promise<void> {
  // The writer is dead, but what it had under way on the dead file system may take a moment to come back.
  for (let tries = 0; spawnSync("umount", [image.mount]).status !== 0; tries++) {
    assert.ok(tries < 50, `${image.mount} cannot be unmounted`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const name = basename(image.device);
  for (let tries = 0; readdirSync("/sys/fs/ext4").includes(name); tries++) {
    assert.ok(
      tries < 50,
      `${name} is still mounted somewhere after its cut: what follows would show nothing`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  execFileSync("losetup", ["-d", image.device]);
}

/** Answers the moment just before the power goes, in ms since 1970. */
function cutPower(): number {
  const program = `import fcntl,os,struct,time\nfd=os.open(${JSON.stringify(image.mount)},os.O_RDONLY)\nprint(time.time()*1000)\nfcntl.ioctl(fd,0x8004587d,struct.pack("I",2))`;
  return Number(execFileSync("python3", ["-c", program]).toString());
}

async function main(how: "kill" | "power", rounds: number, where: string): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "chappe-cut-"));
  const emptyBooks = (): Books =>
    new Map(
      streams.map((name) => [name, { kept: new Map(), late: new Set<number>(), asked: [], highest: 0 }]),
    );
  let books = emptyBooks();
  let directory = join(how === "kill" && where !== "new" && where !== "old" ? where : base, "store");
  if (how === "power") {
    assert.notEqual(
      readlinkSync("/proc/self/ns/mnt"),
      process.env[outerNamespace],
      "no namespace of its own",
    );
    image.file = join(base, "image");
    image.mount = join(base, "mount");
    mkdirSync(image.mount);
    writeFileSync(image.file, "");
    execFileSync("truncate", ["-s", "1G", image.file]);
    execFileSync("mkfs.ext4", ["-q", image.file]);
    attachImage();
    mountImage();
    directory = join(image.mount, "store");
  }
  let [id, acknowledged] = [0, 0];
  try {
    for (let round = 0; round < rounds; round++) {
      const ms = 300 + Math.random() * (how === "kill" ? 500 : 900);
      const { text, cutAt } = await runWriter(join(base, "report"), directory, id, ms, () =>
        how === "power" ? cutPower() : Number.POSITIVE_INFINITY,
      );
      id += 10_000_000;
      if (how === "power") {
        await detachImage();
        attachImage();
        mountImage();
      }
      acknowledged += enter(books, text, cutAt);
      if (existsSync(directory)) look(directory);
      if (existsSync(directory)) await verify(directory, books);
      if (how === "power" && where === "new") {
        execFileSync("umount", [image.mount]);
        execFileSync("mkfs.ext4", ["-q", "-F", image.device]);
        mountImage();
        books = emptyBooks();
      }
    }
    console.log(
      `${how} ${where}: ${rounds} cuts, ${acknowledged} acknowledged, none lost, none twice, every start went well (and ${late.said} acknowledged after the cut began, ${late.missing} of these missing); cut in the middle of a removal ${met.removals} times, of a rewrite ${met.rewrites}, of a checkpoint ${met.checkpoints}, up to generation ${met.generations}`,
    );
  } catch (cause) {
    console.log(`${how} ${where}: ${(cause as Error).message}`);
    process.exitCode = 1;
  } finally {
    if (how === "power") {
      // Either may be gone already, where the round that failed left off.
      spawnSync("umount", ["-l", image.mount]);
      spawnSync("losetup", ["-d", image.device]);
    }
    rmSync(base, { recursive: true, force: true });
  }
}

const outerNamespace = "CHAPPE_CUT_OUTSIDE";

/** The same command in a mount namespace that no other one is copied from. */
function inOwnNamespace(): void {
  const args = ["--mount", "--propagation", "private", process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [outerNamespace]: readlinkSync("/proc/self/ns/mnt") };
  process.exitCode = spawnSync("unshare", args, { stdio: "inherit", env }).status ?? 1;
}

const [, , role, first, second, third] = process.argv;
if (role === "writer") write(first!, Number(second), third!);
else if (role === "power" && process.env[outerNamespace] === undefined) inOwnNamespace();
else if (role === "kill" || role === "power") await main(role, Number(first ?? 10), second ?? "old");
