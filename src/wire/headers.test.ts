import assert from "node:assert/strict";
import { test } from "node:test";
import { headerLinesMax, readHeaderBlock, writeHeaderBlock } from "./header-block.ts";
import {
  appendHeader,
  findHeader,
  getHeader,
  getHeaders,
  removeHeader,
  removeHeadersByPrefix,
  removeStatus,
  setHeader,
  sliceHeader,
} from "./headers.ts";

function block(...lines: string[]): Buffer {
  return Buffer.from(["NATS/1.0", ...lines, "", ""].join("\r\n"), "latin1");
}

test("a header is found by its whole name, at the start of a line, in its own case", () => {
  const headers = block(
    "X-Note: Nats-Msg-Id: no",
    "Nats-Msg-Id-2: no",
    "nats-msg-id: no",
    "Nats-Msg-Id:  yes ",
  );

  assert.equal(getHeader(headers, "Nats-Msg-Id"), "yes ");
  assert.equal(sliceHeader(headers, "Nats-Msg-Id")?.toString(), "yes ");
  assert.equal(getHeader(headers, "Msg-Id"), undefined);
  assert.equal(getHeader(headers, "NATS/1.0"), undefined);
  assert.equal(getHeader(Buffer.alloc(0), "a"), undefined);
});

test("the first of several values is the value, all of them come in order", () => {
  const headers = block("a: 1", "b: x", "a:2", "a:", "ab: 3", "a: \xff");

  assert.equal(getHeader(headers, "a"), "1");
  assert.deepEqual(getHeaders(headers, "a"), ["1", "2", "", "\xff"]);
  assert.deepEqual(getHeaders(headers, "c"), []);
});

// nats-server's search, oddities included: whether a message is a duplicate must not depend on who is asked.
test("a block that lies about its shape is read as nats-server reads it", () => {
  for (const [text, name, value] of [
    ["NATS/1.0\r\na: 1", "a", "1"],
    ["NATS/1.0\r\na:", "a", ""],
    ["NATS/1.0\r\na", "a", undefined],
    ["NATS/1.0\na: 1\r\n\r\n", "a", undefined],
    ["NATS/1.0\r\na: 1\n b: 2\r\n\r\n", "a", "1\n b: 2"],
    ["NATS/1.0\r\na: 1\r\n  folded\r\n\r\n", "a", "1"],
    ["NATS/1.0\r\nA: 1\r\n\r\n", "A", undefined],
    ["NATS/1.0\r\nx: KEYKEY\r\nKEY: 1\r\n\r\n", "KEY", undefined],
    ["\r\na: 1\r\n", "a", "1"],
  ] as const) {
    assert.equal(getHeader(Buffer.from(text), name), value, JSON.stringify(text));
  }
});

test("a header is appended to a block or begins one, and cannot forge a second", () => {
  assert.equal(appendHeader(undefined, "a", "1").toString(), "NATS/1.0\r\na: 1\r\n\r\n");
  assert.equal(
    appendHeader(block("a: 1"), "b", " 2\r\nc: 3 ").toString(),
    "NATS/1.0\r\na: 1\r\nb: 2  c: 3\r\n\r\n",
  );
  assert.equal(appendHeader(block(), "no good", "1").toString(), "NATS/1.0\r\n\r\n");
});

test("setting replaces the first value or appends, and leaves the block that was given", () => {
  const headers = block("a: 1", "aa: 2", "a: 3");

  assert.deepEqual(setHeader(headers, "a", "longer"), block("a: longer", "aa: 2", "a: 3"));
  assert.deepEqual(setHeader(headers, "aa", ""), block("a: 1", "aa: ", "a: 3"));
  assert.deepEqual(setHeader(headers, "new", "4"), block("a: 1", "aa: 2", "a: 3", "new: 4"));
  assert.deepEqual(setHeader(block("b:1"), "b", "2"), block("b:2"));
  assert.deepEqual(headers, block("a: 1", "aa: 2", "a: 3"));
});

test("removing takes every header of the name, and the block when nothing is left", () => {
  assert.deepEqual(removeHeader(block("a: 1", "a: 2", "c: a: 3", "a: 4", "a: 5"), "a"), block("c: a: 3"));
  assert.equal(removeHeader(block("a: 1", "a: 2"), "a"), undefined);
  const untouched = block("c: 3");
  assert.equal(removeHeader(untouched, "a"), untouched);
  assert.deepEqual(removeHeader(block("Previous-Id: x", "Id: y"), "Id"), block("Previous-Id: x"));

  assert.deepEqual(
    removeHeadersByPrefix(block("a: 1", "Nats-X: 1", "b: see Nats-X", "Nats-Y: 2", "Nats-Z: 3"), "Nats-"),
    block("a: 1", "b: see Nats-X"),
  );
  assert.equal(removeHeadersByPrefix(block("Nats-X: 1"), "Nats-"), undefined);
});

test("a hundred thousand equal headers go in one pass", { timeout: 5_000 }, () => {
  const headers = block(...Array<string>(100_000).fill("a:1"), "b: 2");

  assert.deepEqual(removeHeader(headers, "a"), block("b: 2"));
  assert.deepEqual(removeHeadersByPrefix(headers, "a"), block("b: 2"));
  assert.equal(getHeaders(headers, "a").length, 100_000);
});

test("a status is taken off its line", () => {
  assert.equal(
    removeStatus(Buffer.from("NATS/1.0 503 No\r\na: 1\r\n\r\n"))?.toString(),
    "NATS/1.0\r\na: 1\r\n\r\n",
  );
  assert.equal(removeStatus(Buffer.from("NATS/1.0 503\r\n\r\n")), undefined);
  const bare = block("a: 1");
  assert.equal(removeStatus(bare), bare);
});

test("a block is read whole: status, order, case, duplicates, folded lines", () => {
  assert.deepEqual(readHeaderBlock(Buffer.from("NATS/1.0 408 Request Timeout\r\n\r\n")), {
    code: 408,
    description: "Request Timeout",
    headers: [],
  });
  assert.deepEqual(readHeaderBlock(block("a:1", "A: b: c", "a: x", "  y", "\tz", "e:")), {
    code: 0,
    description: "",
    headers: [
      { name: "a", value: "1" },
      { name: "A", value: "b: c" },
      { name: "a", value: "x y z" },
      { name: "e", value: "" },
    ],
  });
});

test("what is no block is none", () => {
  for (const text of [
    "",
    "NATS/1.0",
    "NATS/1.0\r\n",
    "NATS/2.0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "NATS/1.0\r\na: 1\r\n",
    "NATS/1.0\r\n\r\na: 1\r\n",
    "NATS/1.0\r\nno colon\r\n\r\n",
    "NATS/1.0\r\n: no name\r\n\r\n",
    "NATS/1.0\r\n folded\r\n\r\n",
    "NATS/1.0 abc\r\n\r\n",
    "NATS/1.0 5033\r\n\r\n",
    "NATS/1.0503\r\n\r\n",
  ]) {
    assert.equal(readHeaderBlock(Buffer.from(text)), undefined, JSON.stringify(text));
  }
  const line = Array<string>(headerLinesMax).fill("a: 1");
  assert.equal(readHeaderBlock(block(...line))?.headers.length, headerLinesMax);
  assert.equal(readHeaderBlock(block(...line, "a: 1")), undefined);
});

test("what is written is read again, and a value cannot end its line", () => {
  const headers = [
    { name: "a", value: "1" },
    { name: "a", value: "2" },
  ];
  assert.deepEqual(readHeaderBlock(writeHeaderBlock(headers, 404, "No Messages")), {
    code: 404,
    description: "No Messages",
    headers,
  });
  assert.equal(
    writeHeaderBlock([{ name: "a", value: "1\r\nb: 2" }]).toString(),
    "NATS/1.0\r\na: 1  b: 2\r\n\r\n",
  );
  assert.equal(writeHeaderBlock([]).toString(), "NATS/1.0\r\n\r\n");
});

test("searching garbage ends and stays inside the block", () => {
  const garbage = Buffer.alloc(100_000, "a:\r\na");
  for (const name of ["a", "aa", "\r", "zz"]) {
    const at = findHeader(garbage, name);
    assert.ok(at >= -1 && at < garbage.length);
    assert.ok((removeHeader(garbage, name)?.length ?? 0) <= garbage.length);
  }
});
