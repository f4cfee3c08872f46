// Closing the streams of a store together: what they hold is brought to its place, so that the next start reads no log.

import type { Commit } from "./commit.ts";
import type { Journals } from "./journals.ts";
import type { Log } from "./log.ts";

type Done = (error: Error | undefined) => void;

/** Calls back once, with the first error, when every stream is closed and no journal holds anything that is needed. */
export function closeLogs(logs: readonly Log[], commit: Commit, journals: Journals, done: Done): void {
  let failure: Error | undefined;
  const note = (error: Error | undefined): void => void (failure ??= error);
  const each = (step: (log: Log, next: Done) => void, then: () => void): void =>
    all(
      logs,
      (log, next) =>
        step(log, (error) => {
          note(error);
          next();
        }),
      then,
    );
  each(
    (log, next) => log.beginClose(next),
    () =>
      commit.whenIdle(() =>
        journals.settleAll((error) => {
          note(error);
          each(
            (log, next) => log.finishClose(next),
            () => done(failure),
          );
        }),
      ),
  );
}

/** Calls `each` for every item, and `done` when all have called back. */
function all<T>(items: readonly T[], each: (item: T, next: () => void) => void, done: () => void): void {
  let left = items.length + 1;
  const next = (): void => {
    if (--left === 0) done();
  };
  for (const item of items) each(item, next);
  next();
}
