import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectWindow, lastsUntil, sourceAllowed } from "./restrictions.ts";

const hourMs = 3_600_000;
/** 2027-01-15 12:00:00 UTC. */
const noon = Date.UTC(2027, 0, 15, 12);

describe("where a user may come from", () => {
  const rows: readonly [networks: readonly string[] | undefined, host: string, allowed: boolean][] = [
    [undefined, "192.0.2.7", true],
    [[], "192.0.2.7", true],
    [["192.0.2.0/24"], "192.0.2.7", true],
    [["192.0.2.0/24"], "192.0.3.7", false],
    [["192.0.2.7/32"], "192.0.2.7", true],
    [["0.0.0.0/0"], "203.0.113.9", true],
    [["198.51.100.0/24", "192.0.2.0/24"], "192.0.2.7", true],
    [["192.0.2.0/24"], "::ffff:192.0.2.7", true],
    [["2001:db8::/32"], "2001:db8::7", true],
    [["2001:db8::/32"], "2001:db9::7", false],
    [["2001:db8::/32"], "192.0.2.7", false],
    [["::ffff:192.0.2.0/120"], "192.0.2.7", true],
    [["::ffff:192.0.2.0/120"], "192.0.3.7", false],
    [["0:0:0:0:0:FFFF:c000:0207/128"], "::ffff:192.0.2.7", true],
    [["::ffff:192.0.2.0/95"], "192.0.2.7", false],
    [["64:ff9b::192.0.2.0/120"], "64:ff9b::c000:207", true],
    [["64:ff9b::/96"], "64:ff9b::192.0.2.7", true],
    [["2001:db8::/29"], "2001:dbf::7", true],
    [["2001:db8::/29"], "2001:dc0::7", false],
    [["nonsense"], "192.0.2.7", false],
    [["192.0.2.0/33"], "192.0.2.7", false],
    [["192.0.2.0/24"], "", false],
  ];
  for (const [networks, host, allowed] of rows) {
    test(`${host} ${allowed ? "lies" : "does not lie"} in ${networks?.join(", ") ?? "anything"}`, () => {
      assert.equal(sourceAllowed(networks, host), allowed);
    });
  }
});

describe("when a user may be here", () => {
  const rows: readonly [start: string, end: string, zone: string, leftMs: number | undefined][] = [
    ["08:00:00", "18:00:00", "UTC", 6 * hourMs],
    ["12:00:00", "12:00:01", "UTC", 1_000],
    ["11:00:00", "12:00:00", "UTC", undefined],
    ["22:00:00", "13:00:00", "UTC", hourMs],
    ["22:00:00", "06:00:00", "UTC", undefined],
    ["12:30:00", "14:00:00", "Europe/Paris", hourMs],
    ["12:30:00", "14:00:00", "Nowhere/Atall", undefined],
    ["25:00:00", "26:00:00", "UTC", undefined],
  ];
  for (const [start, end, zone, leftMs] of rows) {
    test(`from ${start} to ${end} in ${zone}, at noon UTC: ${leftMs ?? "not now"}`, () => {
      assert.equal(connectWindow([{ start, end }], zone, noon), leftMs);
    });
  }

  test("a fraction of a second in a range is taken, and dropped", () => {
    assert.equal(connectWindow([{ start: "11:00:00.5", end: "13:00:00,9" }], "UTC", noon), hourMs);
  });

  test("of several ranges the one that lasts longest counts", () => {
    const ranges = [
      { start: "11:00:00", end: "13:00:00" },
      { start: "12:00:00", end: "15:00:00" },
    ];

    assert.equal(connectWindow(ranges, "UTC", noon), 3 * hourMs);
  });

  test("claims end a stay when they expire, and begin it when they become valid", () => {
    const always = { times: undefined, times_location: "" };
    const seconds = noon / 1_000;

    assert.equal(lastsUntil({ exp: seconds + 10, nbf: 0 }, always, noon), noon + 10_000);
    assert.equal(lastsUntil({ exp: seconds, nbf: 0 }, always, noon), undefined);
    assert.equal(lastsUntil({ exp: 0, nbf: seconds + 1 }, always, noon), undefined);
    assert.equal(lastsUntil({ exp: 0, nbf: 0 }, always, noon), Number.POSITIVE_INFINITY);
  });

  test("the earlier of expiry and closing time ends it", () => {
    const rights = { times: [{ start: "08:00:00", end: "13:00:00" }], times_location: "UTC" };

    assert.equal(lastsUntil({ exp: noon / 1_000 + 7_200, nbf: 0 }, rights, noon), noon + hourMs);
  });
});
