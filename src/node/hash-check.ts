// Compares passwords with bcrypt hashes on a thread of its own: one comparison costs as much as a hundred thousand
// messages. The thread is started by the first hash that somebody brings.

import type { Worker } from "node:worker_threads";

type Checked = (matches: boolean) => void;

export class HashChecker {
  #worker: Worker | undefined;
  /** One for each connection that waits to be let in. */
  readonly #waiting = new Map<number, Checked>();
  #questions = 0;

  readonly check = (password: string, hash: string, checked: Checked): void => {
    const id = ++this.#questions;
    this.#waiting.set(id, checked);
    this.#running().postMessage({ id, password, hash });
  };

  /** Ends the thread; who still waits is told that nothing matches. */
  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const { Worker: Thread } = process.getBuiltinModule("node:worker_threads");
    // The sources are TypeScript, the package is JavaScript.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Thread(new URL(`./hash-worker${extension}`, import.meta.url), { execArgv: [] });
    worker.unref();
    worker.on("message", ({ id, matches }: { id: number; matches: boolean }) => this.#settle(id, matches));
    worker.once("error", () => this.#lost());
    worker.once("exit", () => this.#lost());
    this.#worker = worker;
    return worker;
  }

  #settle(id: number, matches: boolean): void {
    const checked = this.#waiting.get(id);
    this.#waiting.delete(id);
    checked?.(matches);
  }

  /** The thread is gone: nobody gets in by its silence, and the next question starts another. */
  #lost(): void {
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, false);
  }
}
