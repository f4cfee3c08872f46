import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { silent } from "../../ports/trace.ts";
import { CellProcess } from "./cell-process.ts";
import { ManualClock, PaperFiles, PaperProcesses } from "./regions.testing.ts";

const mark = "--config=/data/cells/fr-par-1/cell.conf";
const path = "/data/cells/fr-par-1/cell.conf";

/** A cell whose broker answers while `answering` holds. */
function aCell() {
  const clock = new ManualClock();
  const processes = new PaperProcesses();
  const files = new PaperFiles();
  const state = { answering: true };
  const cell = new CellProcess(
    {
      name: "fr-par-1",
      program: "/bin/nats-server",
      directory: "/data/cells/fr-par-1",
      files: new Map([["cell.conf", "port: 4222"]]),
      configFile: "cell.conf",
    },
    {
      processes,
      files,
      clock,
      trace: silent,
      answers: async (windowMs, wanted) => {
        if (!state.answering && wanted())
          await new Promise<void>((resolve) => void clock.after(windowMs, resolve));
        return state.answering && wanted();
      },
    },
  );
  return { cell, clock, processes, files, state };
}

describe("cell process", () => {
  test("a cell is started with the configuration just written", async () => {
    const { cell, processes, files } = aCell();

    await cell.start();

    assert.equal(files.texts.get(path), "port: 4222");
    assert.deepEqual(processes.find(mark), [cell.pid]);
  });

  test("a broker that outlived its control plane is adopted, not started", async () => {
    const { cell, processes, files } = aCell();
    files.write(path, "port: 4222");
    const pid = processes.place(mark);

    await cell.start();

    assert.equal(cell.pid, pid);
    assert.equal(processes.started, 1);
    assert.deepEqual(processes.signals, []);
  });

  for (const { name, text, deaf, running } of [
    { name: "started with another configuration", text: "port: 1", deaf: false, running: 1 },
    { name: "deaf to SIGTERM", text: "port: 1", deaf: true, running: 1 },
    { name: "not alone on its store", text: "port: 4222", deaf: false, running: 2 },
  ]) {
    test(`a broker that is ${name} is ended before another one starts`, async () => {
      const { cell, clock, processes, files } = aCell();
      files.write(path, text);
      const old = Array.from({ length: running }, () => processes.place(mark));
      if (deaf) for (const pid of old) processes.deaf.add(pid);
      processes.onStart = () => assert.equal(processes.find(mark).length, 1, "never two on one store");

      const start = cell.start();
      await clock.advance(20_000);
      await start;

      assert.deepEqual(processes.find(mark), [cell.pid]);
      assert.equal(old.includes(cell.pid), false);
      assert.equal(
        processes.signals.some((sent) => sent.endsWith("SIGKILL")),
        deaf,
      );
    });
  }

  test("a broker that is there and does not answer is ended before another one starts", async () => {
    const { cell, clock, processes, files, state } = aCell();
    files.write(path, "port: 4222");
    const old = processes.place(mark);
    processes.deaf.add(old);
    state.answering = false;
    processes.onStart = () => (state.answering = true);

    const start = cell.start();
    await clock.advance(10_000);
    await start;

    assert.deepEqual(processes.find(mark), [cell.pid]);
    assert.notEqual(cell.pid, old);
  });

  for (const { name, words, code, says } of [
    {
      name: "tells its last words",
      words: "nats-server: no such thing",
      code: 1,
      says: "with code 1: nats-server: no such thing",
    },
    { name: "without a word tells how it ended", words: "", code: 7, says: "with code 7" },
    { name: "that was killed tells by what", words: "", code: undefined, says: "by SIGKILL" },
  ]) {
    test(`a broker that ends at once ${name}, and not those of an earlier one`, async () => {
      const { cell, clock, processes, files, state } = aCell();
      const out = "/data/cells/fr-par-1/cell.out";
      state.answering = false;
      files.write(out, "an earlier one's words\n");
      processes.onStart = (pid) =>
        void clock.after(10, () => {
          files.write(out, files.read(out) + words);
          processes.die(pid, code);
        });

      const start = assert.rejects(cell.start(), {
        message: `start cell fr-par-1: it ended at once, ${says}`,
      });
      await clock.advance(61_000);
      await start;
    });
  }

  test("a broker that dies is started again", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    const first = cell.pid;

    processes.die(first);
    await clock.advance(100);

    assert.notEqual(cell.pid, 0);
    assert.notEqual(cell.pid, first);
  });

  test("an adopted broker that dies is missed and started again", async () => {
    const { cell, clock, processes, files } = aCell();
    files.write(path, "port: 4222");
    const adopted = processes.place(mark);
    await cell.start();

    processes.die(adopted);
    await clock.advance(1_000);

    assert.deepEqual(processes.find(mark), [cell.pid]);
  });

  test("a broker that dies again and again is started ever more slowly, at least every five seconds", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    processes.onStart = (pid) => void clock.after(1, () => processes.die(pid));
    processes.die(cell.pid);

    await clock.advance(60_000);
    const inFirstMinute = processes.started;
    await clock.advance(60_000);
    const inSecondMinute = processes.started - inFirstMinute;

    assert.ok(inFirstMinute > 12 && inFirstMinute < 30, `${inFirstMinute} starts`);
    assert.ok(inSecondMinute >= 11 && inSecondMinute <= 13, `${inSecondMinute} starts`);
  });

  test("after half a minute of running a broker is started again at once", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    for (let death = 0; death < 8; death++) {
      processes.die(cell.pid);
      await clock.advance(6_000);
    }
    await clock.advance(31_000);

    processes.die(cell.pid);
    await clock.advance(1);

    assert.equal(processes.find(mark).length, 1);
  });

  test("stopping ends the broker, and one that is deaf to SIGTERM too", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    processes.deaf.add(cell.pid);

    const stop = cell.stop();
    await clock.advance(20_000);
    await stop;

    assert.deepEqual(processes.find(mark), []);
  });

  test("stopping in the midst of restarts leaves nothing running and starts nothing more", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    processes.die(cell.pid);

    const stop = cell.stop();
    await clock.advance(20_000);
    await stop;
    const started = processes.started;
    await clock.advance(60_000);

    assert.deepEqual(processes.find(mark), []);
    assert.equal(processes.started, started);
  });

  test("an abandoned broker runs on, and its death is nobody's business any more", async () => {
    const { cell, clock, processes } = aCell();
    await cell.start();
    const { pid } = cell;

    await cell.abandon();
    const left = processes.find(mark);
    processes.die(pid);
    await clock.advance(60_000);

    assert.deepEqual(left, [pid]);
    assert.equal(processes.started, 1);
  });
});
