import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/assert.ts";
import { CellLine } from "./cell-line.ts";
import { ManualClock, TableLine } from "./regions.testing.ts";
import type { DialLine } from "./system-line.ts";
import type { Trust } from "./trust.ts";

const trust: Trust = {
  operatorJwt: "",
  systemAccountId: "",
  systemAccountJwt: "",
  systemUser: (lifetimeMs) => ({ jwt: `lives ${lifetimeMs}`, sign: (nonce) => nonce }),
};

/** A cell behind a line; `dials` counts, `names` says who answers each. */
function aLine(nameOf: (dial: number) => string | undefined = () => "fr-par-1") {
  const clock = new ManualClock();
  const lines: TableLine[] = [];
  const lost: number[] = [];
  let dials = 0;
  const dial: DialLine = async () => {
    const name = nameOf(dials++);
    if (name === undefined) throw new Fault("connect: refused");
    const line = new TableLine(() => [{ name, id: "N1" }]);
    lines.push(line);
    return line;
  };
  const address = () => ({ host: "127.0.0.1", port: 4222 });
  const line = new CellLine("fr-par-1", address, trust, dial, clock, () => lost.push(dials));
  return { line, clock, lines, lost, dials: () => dials };
}

describe("line to a cell", () => {
  test("all who ask at once share one dialling, and later ones its line", async () => {
    const { line, dials } = aLine();

    const [first, second] = await Promise.all([line.open(), line.open()]);

    assert.equal(first, second);
    assert.equal(await line.open(), first);
    assert.equal(dials(), 1);
  });

  test("a cell that is being restarted is waited for", async () => {
    const { line, clock, dials } = aLine((dial) => (dial < 10 ? undefined : "fr-par-1"));

    const open = line.open();
    await clock.advance(1_000);

    assert.equal((await open).isOpen, true);
    assert.equal(dials(), 11);
  });

  test("a cell that cannot be reached is a Fault after a few seconds", async () => {
    const { line, clock } = aLine(() => undefined);

    const open = assert.rejects(line.open(), Fault);
    await clock.advance(5_100);
    await open;
  });

  test("another server at the address is not our cell, and its line is closed", async () => {
    const { line, clock, lines } = aLine(() => "somebody else");

    const answers = line.answers(1_000);
    await clock.advance(1_100);

    assert.equal(await answers, false);
    assert.equal(
      lines.some(({ isOpen }) => isOpen),
      false,
    );
  });

  test("the line is replaced before its user expires, and the old one closed when its questions are over", async () => {
    const { line, clock, lines } = aLine();
    const old = await line.open();

    await clock.advance(4 * 60_000);
    const young = await line.open();
    const oldDuring = old.isOpen;
    await clock.advance(60_000);

    assert.notEqual(young, old);
    assert.equal(oldDuring, true);
    assert.deepEqual(
      lines.map(({ isOpen }) => isOpen),
      [false, true],
    );
  });

  test("a line that breaks is reported at once; one that was replaced is not", async () => {
    const { line, clock, lines, lost } = aLine();
    await line.open();
    await clock.advance(6 * 60_000);
    const afterReplacement = lost.length;

    await lines.at(-1)!.close();

    assert.equal(afterReplacement, 0);
    assert.equal(lost.length, 1);
  });

  test("a closed line dials no more", async () => {
    const { line, clock, dials } = aLine();
    await line.open();

    await line.close();
    await clock.advance(10 * 60_000);

    await assert.rejects(line.open(), Fault);
    assert.equal(dials(), 1);
  });
});
