import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextLook } from "node:timers/promises";
import { JoinedReads } from "./joined-reads.ts";

function recording(): { readonly reads: JoinedReads; readonly delivered: string[] } {
  const delivered: string[] = [];
  const reads = new JoinedReads((bytes) => delivered.push(bytes.toString("latin1")));
  return { reads, delivered };
}

test("records that come together are one read", async () => {
  const { reads, delivered } = recording();

  reads.add(Buffer.from("PUB a 0\r\n\r\n"));
  reads.add(Buffer.from("PING\r\n"));
  assert.deepEqual(delivered, []);
  await nextLook();

  assert.deepEqual(delivered, ["PUB a 0\r\n\r\nPING\r\n"]);
});

test("records that come later are another read", async () => {
  const { reads, delivered } = recording();

  reads.add(Buffer.from("a"));
  await nextLook();
  reads.add(Buffer.from("b"));
  await nextLook();

  assert.deepEqual(delivered, ["a", "b"]);
});

test("what came before the end is delivered before it, and once", async () => {
  const { reads, delivered } = recording();

  reads.add(Buffer.from("last words"));
  reads.flush();
  assert.deepEqual(delivered, ["last words"]);
  await nextLook();

  assert.deepEqual(delivered, ["last words"]);
});

test("of a stream that is given up nothing more is delivered", async () => {
  const { reads, delivered } = recording();

  reads.add(Buffer.from("too late"));
  reads.drop();
  await nextLook();

  assert.deepEqual(delivered, []);
});

test("a peer that never stops is not waited for", () => {
  const { reads, delivered } = recording();

  for (let sent = 0; sent < 5; sent++) reads.add(Buffer.alloc(16_384));

  assert.deepEqual(
    delivered.map((each) => each.length),
    [65_536],
  );
});
