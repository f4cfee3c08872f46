// Waits for a file that another process writes.
import { existsSync, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

const patienceMs = 15_000;

/** Resolves when the file is there and holds the pattern. @throws Error when it does not come in time. */
export function appears(path: string, pattern = /^/): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void): void => {
      watcher.close();
      clearTimeout(deadline);
      how();
    };
    const look = (): void => {
      if (existsSync(path) && pattern.test(readFileSync(path, "utf8"))) settle(resolve);
    };
    const watcher = watch(dirname(path), look);
    const deadline = setTimeout(
      () => settle(() => reject(new Error(`${path} does not come, or without ${pattern}`))),
      patienceMs,
    );
    // What came before the watch began.
    look();
  });
}
