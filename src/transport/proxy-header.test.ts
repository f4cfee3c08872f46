import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { headerBytesMax, readProxyHeader } from "./proxy-header.ts";

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

function second(verb: number, family: number, addresses: Buffer): Buffer {
  return Buffer.concat([
    signature,
    Buffer.from([verb, family, addresses.length >> 8, addresses.length & 255]),
    addresses,
  ]);
}

function sixes(source: string): Buffer {
  return Buffer.concat([Buffer.from(source, "hex"), Buffer.alloc(16), Buffer.from([0, 1, 0, 2])]);
}

const four = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0x15, 0x38, 0x10, 0x7e]);

const good: readonly [name: string, header: Buffer, host: string | undefined, port: number][] = [
  ["TCP4", Buffer.from("PROXY TCP4 192.0.2.7 192.0.2.1 5432 4222\r\n"), "192.0.2.7", 5432],
  ["TCP6", Buffer.from("PROXY TCP6 2001:db8::7 ::1 5432 4222\r\n"), "2001:db8::7", 5432],
  [
    "TCP6 that is IPv4",
    Buffer.from("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 5432 4222\r\n"),
    "192.0.2.7",
    5432,
  ],
  ["UNKNOWN with more", Buffer.from("PROXY UNKNOWN a b c d\r\n"), undefined, 0],
  ["version 2, IPv4", second(0x21, 0x11, four), "192.0.2.7", 5432],
  ["version 2, IPv6", second(0x21, 0x21, sixes("20010db8000000000000000000000007")), "2001:db8::7", 1],
  [
    "version 2, zeros at both ends",
    second(0x21, 0x21, sixes("00000000000000010000000000000000")),
    "0:0:0:1::",
    1,
  ],
  ["version 2, IPv4 in IPv6", second(0x21, 0x21, sixes("00000000000000000000ffffc0000207")), "192.0.2.7", 1],
  ["version 2, no address", second(0x21, 0x21, sixes("00000000000000000000000000000000")), "::", 1],
  ["version 2, the proxy itself", second(0x20, 0x00, Buffer.alloc(0)), undefined, 0],
  ["version 2, unspecified", second(0x21, 0x01, Buffer.from("abc")), undefined, 0],
];

describe("a PROXY header", () => {
  for (const [name, header, host, port] of good) {
    test(`${name} is read, and what follows is left`, () => {
      const found = readProxyHeader(Buffer.concat([header, Buffer.from("CONNECT {}\r\n")]));

      assert.deepEqual(found, {
        kind: "read",
        client: host === undefined ? undefined : { host, port },
        length: header.length,
      });
    });

    test(`${name} is waited for, wherever it is cut`, () => {
      for (let end = 0; end < header.length; end++) {
        assert.equal(readProxyHeader(header.subarray(0, end)).kind, "more", `${end} bytes`);
      }
    });
  }

  test("there need not be one", () => {
    assert.deepEqual(readProxyHeader(Buffer.from("CONNECT {}")), {
      kind: "read",
      client: undefined,
      length: 0,
    });
  });

  test("of any bytes ends in an answer, and a header that is read lies within them", () => {
    let state = 7;
    const chance = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    for (let round = 0; round < 20_000; round++) {
      const [, base] = good[chance(good.length)]!;
      const bytes = Buffer.from(base);
      for (let flips = chance(4); flips > 0; flips--) bytes[chance(bytes.length)] = chance(256);

      const found = readProxyHeader(bytes);

      if (found.kind === "read") assert.ok(found.length <= bytes.length);
      if (found.kind === "more") assert.ok(bytes.length < headerBytesMax);
    }
  });
});
