import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { Store } from "../log/store.ts";
import { realClock } from "../node/clock.ts";
import { NodeDisk } from "../node/disk.ts";
import { realRandom } from "../node/random.ts";

const base = mkdtempSync(join(tmpdir(), "chappe-audit-"));
after(() => rmSync(base, { recursive: true }));
const trace = { enabled: () => false, log: () => undefined };

async function aStore(name: string): Promise<string> {
  const directory = join(base, name);
  const store = new Store({
    disk: new NodeDisk(),
    clock: realClock,
    random: realRandom(),
    trace,
    directory,
    limits: { freeBytesMin: 0, journalBytes: 64 * 1024 },
  });
  const log = store.create("orders", { tenant: "acme" }, { committed: () => undefined, failed: assert.fail });
  for (let i = 1; i <= 30; i++) log.append("orders.new", undefined, Buffer.from(`payload ${i}`), BigInt(i));
  await new Promise<void>((resolve, reject) => store.close((error) => (error ? reject(error) : resolve())));
  return directory;
}

function aSegmentIn(directory: string): string {
  const streams = join(directory, "streams");
  const [id] = readdirSync(streams);
  const name = readdirSync(join(streams, id!)).find((each) => each.endsWith(".seg"))!;
  return join(streams, id!, name);
}

/** Changes one byte of message 7 where it lies. */
function injure(directory: string): void {
  const path = aSegmentIn(directory);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf("payload 7")]! ^= 1;
  writeFileSync(path, bytes);
}

function chappe(...args: string[]): { code: number | null; out: string; err: string } {
  const program = join(import.meta.dirname, "chappe.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

describe("chappe audit", () => {
  test("a sound store is told so, and the shell hears 0", async () => {
    const directory = await aStore("sound");

    const { code, out, err } = chappe("audit", directory);

    assert.equal(err, "");
    assert.match(out, /^orders \(acme\): 30 messages, \d+ bytes, 1 to 30\nThe store is sound\.\n$/);
    assert.equal(code, 0);
  });

  test("one changed byte is found by name, for people and for programs, and the shell hears 1", async () => {
    const directory = await aStore("injured");
    injure(directory);

    const told = chappe("audit", directory);
    const json = chappe("audit", "--json", directory);

    assert.match(
      told.out,
      /29 messages[\s\S]*lost: 7\n[\s\S]*message 7 is damaged[\s\S]*The store is damaged\.\n$/,
    );
    assert.equal(told.code, 1);
    assert.deepEqual(JSON.parse(json.out).streams[0].lost, ["7"]);
    assert.equal(json.code, 1);
  });

  test("a store of a newer version is not called damaged: the file is named, the shell hears 4, and nothing changes", async () => {
    const directory = await aStore("newer");
    const path = aSegmentIn(directory);
    const bytes = readFileSync(path);
    bytes.write("3", 7);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
    writeFileSync(path, bytes);
    const before = readdirSync(directory, { recursive: true });

    const { code, out, err } = chappe("audit", directory);

    assert.equal(out, "");
    assert.equal(
      err.split("\n")[0],
      `chappe: ${path} is a segment of version 3; this program reads version 2`,
    );
    assert.equal(code, 4);
    assert.deepEqual(readdirSync(directory, { recursive: true }), before);
    assert.deepEqual(readFileSync(path), bytes);
  });

  for (const [name, says] of [
    ["empty", "is no store: it holds no streams/"],
    ["missing", "is not there"],
    ["file", "is a file"],
    ["data", "is a data directory of chappe serve, which makes no log store yet"],
  ] as const) {
    test(`what is no store (${name}) is not called sound or damaged: the shell hears 4`, () => {
      const path = join(base, name);
      if (name === "empty" || name === "data") mkdirSync(path);
      if (name === "data") writeFileSync(join(path, "chappe.db"), "");
      if (name === "file") writeFileSync(path, "");

      const { code, out, err } = chappe("audit", path);

      assert.equal(out, "");
      assert.equal(err.split("\n")[0], `chappe: ${path} ${says}`);
      assert.match(err, /that holds `streams\/`/);
      assert.equal(code, 4);
    });
  }
});
