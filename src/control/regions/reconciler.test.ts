import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/assert.ts";
import { silent } from "../../ports/trace.ts";
import { Reconciler } from "./reconciler.ts";
import { ManualClock } from "./regions.testing.ts";

describe("reconciler", () => {
  test("goes over everything at the start and every half minute after", async () => {
    const clock = new ManualClock();
    let passes = 0;
    const reconciler = new Reconciler(clock, silent, async () => void passes++);

    await reconciler.round();
    await clock.advance(95_000);

    assert.equal(passes, 4);
    await reconciler.stop();
  });

  test("a round that is asked for while one is under way joins it", async () => {
    let passes = 0;
    let finish = (): void => undefined;
    const reconciler = new Reconciler(new ManualClock(), silent, () => {
      passes++;
      return new Promise<void>((resolve) => (finish = resolve));
    });

    const rounds = [reconciler.round(), reconciler.round()];
    finish();
    await Promise.all(rounds);

    assert.equal(passes, 1);
    await reconciler.stop();
  });

  test("a round that fails is tried again half a minute later", async () => {
    const clock = new ManualClock();
    let passes = 0;
    const reconciler = new Reconciler(clock, silent, async () => {
      if (passes++ === 0) throw new Fault("read the database");
    });

    await reconciler.round();
    await clock.advance(30_000);

    assert.equal(passes, 2);
    await reconciler.stop();
  });

  test("stopping ends the round under way early and lets no other follow", async () => {
    const clock = new ManualClock();
    let passes = 0;
    const reconciler = new Reconciler(clock, silent, (signal) => {
      passes++;
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    void reconciler.round();

    await reconciler.stop();
    await clock.advance(120_000);
    await reconciler.round();

    assert.equal(passes, 1);
  });
});
