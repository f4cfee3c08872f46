// Starts the server whose boundary is tried: the real nats-server, or ours when CHAPPE_TEST_BROKER says "ours".
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestOperator } from "./operator.ts";

const root = join(import.meta.dirname, "../..");
const startDeadlineMs = 20_000;

/** The program under test, or undefined (with the reason to skip) where there is none. */
export function brokerBinary(): { readonly path: string } | { readonly missing: string } {
  const asked = process.env.CHAPPE_TEST_BROKER ?? "ours";
  if (asked === "ours") return { path: join(root, "bin/nats-server") };
  if (spawnSync(asked, ["-v"]).status === 0) return { path: asked };
  return { missing: `no nats-server to try (CHAPPE_TEST_BROKER is "ours" or a path; tried ${asked})` };
}

export interface Broker {
  readonly url: string;
  readonly pid: number;
  /** Ends it at once and deletes what it stored. */
  stop(): Promise<void>;
}

/** A broker in operator mode with a full resolver, on a free port, its files in a directory of its own. */
export async function startBroker(path: string, operator: TestOperator, jetstream: boolean): Promise<Broker> {
  const directory = mkdtempSync(join(tmpdir(), "chappe-boundary-"));
  const config = [
    'host: "127.0.0.1"',
    "port: -1",
    'server_name: "boundary"',
    `operator: "${await operator.operatorJwt()}"`,
    `system_account: "${operator.system.id}"`,
    `resolver { type: full, dir: "${join(directory, "jwt")}", allow_delete: true }`,
    `resolver_preload { ${operator.system.id}: "${await operator.sign(operator.system)}" }`,
    jetstream ? `jetstream { store_dir: "${join(directory, "store")}" }` : "",
  ];
  writeFileSync(join(directory, "cell.conf"), config.join("\n"));

  const child = spawn(path, ["-c", join(directory, "cell.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const address = await listening(child);
  return {
    url: `nats://${address}`,
    pid: child.pid!,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Waits for "Server is ready" and answers the address it listens on; rejects with the log when that does not come. */
function listening(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(deadline);
      reject(new Error(`${why}\n${lines.join("\n")}`));
    };
    const deadline = setTimeout(() => fail("the broker is not ready in time"), startDeadlineMs);
    createInterface({ input: child.stderr! }).on("line", (line) => {
      lines.push(line);
      if (!line.includes("Server is ready")) return;
      clearTimeout(deadline);
      const address = /Listening for client connections on (\S+)/.exec(lines.join("\n"));
      if (address === null) fail("the broker does not say where it listens");
      else resolve(address[1]!);
    });
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`the broker ended with ${code}`));
  });
}
