// bin/nats-server and bin/chappe as a shell meets them: the pid is the program's own, signals reach it, and it runs from
// anywhere, whatever `node` the machine has.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { appears } from "../support/appears.ts";
import { connectable } from "../support/connectable.ts";

const bin = join(import.meta.dirname, "../../bin");
const directory = mkdtempSync(join(tmpdir(), "chappe-launch-"));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

describe("the launchers", () => {
  test("the pid that was started is the server's own", async () => {
    const pidFile = join(directory, "own.pid");
    const server = await started(join(bin, "nats-server"), ["-a", "127.0.0.1", "-p", "-1", "-P", pidFile]);

    assert.equal(readFileSync(pidFile, "utf8"), String(server.pid));
    assert.equal(childrenOf(server.pid!), "");
    await stopped(server, "SIGKILL");
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} ends the server with 0, as soon as it says that it is ready`, async () => {
      const server = await started(join(bin, "nats-server"), ["-a", "127.0.0.1", "-p", "-1"]);

      assert.deepEqual(await stopped(server, signal), [0, null]);
    });
  }

  test("SIGUSR1 opens the log anew instead of Node's inspector", async () => {
    const [port, log] = [await freePort(), join(directory, "server.log")];
    const args = ["-a", "127.0.0.1", "-p", String(port), "-l", log];
    const server = spawn(join(bin, "nats-server"), args, { stdio: ["ignore", "ignore", "pipe"] });
    children.push(server);
    const words: Buffer[] = [];
    server.stderr.on("data", (bytes: Buffer) => words.push(bytes));
    await connectable(port);
    await appears(log, /Server is ready/);
    renameSync(log, `${log}.1`);

    server.kill("SIGUSR1");
    await appears(log, /./);
    const ended = await stopped(server, "SIGTERM");

    assert.deepEqual(ended, [0, null]);
    assert.equal(Buffer.concat(words).toString(), "");
    assert.match(readFileSync(log, "utf8"), /Server Exiting/);
  });

  test("SIGKILL leaves nothing behind that holds the port", async () => {
    const port = await freePort();
    const server = await started(join(bin, "nats-server"), ["-a", "127.0.0.1", "-p", String(port)]);
    await stopped(server, "SIGKILL");

    const again = await started(join(bin, "nats-server"), ["-a", "127.0.0.1", "-p", String(port)]);

    await connectable(port);
    await stopped(again, "SIGKILL");
  });

  test("they run through a symbolic link, from another directory", () => {
    for (const [name, args, says] of [
      ["nats-server", ["-v"], /^nats-server: v2\.\d+\.\d+\n$/],
      ["chappe", ["--version"], /^chappe \d+\.\d+\.\d+\n$/],
    ] as const) {
      const link = join(directory, name);
      symlinkSync(join(bin, name), link);
      const linkToLink = join(directory, `${name}-again`);
      symlinkSync(link, linkToLink);

      assert.match(execFileSync(linkToLink, args, { cwd: "/", encoding: "utf8" }), says);
    }
  });

  test("they do not ask for the machine's node", () => {
    const wrong = join(directory, "node");
    writeFileSync(wrong, "#!/bin/sh\necho v20.0.0\nexit 99\n");
    chmodSync(wrong, 0o755);
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };

    const versions = ["nats-server", "chappe"].map((name) =>
      spawnSync(join(bin, name), ["--version"], { env }),
    );
    const node = spawnSync(join(bin, "node"), ["--version"], { env, encoding: "utf8" });

    assert.deepEqual(
      versions.map(({ status }) => status),
      [0, 0],
    );
    assert.equal(node.stdout, "v26.10.0\n");
  });

  test("they run where no cache can be written", () => {
    const env = { ...process.env, HOME: "/nowhere", XDG_CACHE_HOME: "/nowhere/at/all" };

    assert.equal(spawnSync(join(bin, "nats-server"), ["-v"], { env }).status, 0);
  });

  test("a server listens soon after its start", async (context) => {
    const port = await freePort();
    const took: number[] = [];
    for (let run = 0; run < 5; run++) {
      const from = performance.now();
      const server = spawn(join(bin, "nats-server"), ["-a", "127.0.0.1", "-p", String(port)], {
        stdio: "ignore",
      });
      await connectable(port);
      took.push(performance.now() - from);
      await stopped(server, "SIGKILL");
    }

    // Only told: the machine may be busy with other tests.
    context.diagnostic(
      `INFO came ${Math.min(...took).toFixed(0)} ms after the start (best of ${took.length})`,
    );
  });
});

async function started(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr! });
  await new Promise<void>((resolve, reject) => {
    reader.on("line", (line) => {
      lines.push(line);
      if (line.includes("Server is ready")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code}\n${lines.join("\n")}`)));
  });
  return child;
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const exit = once(child, "exit");
  child.kill(signal);
  return exit;
}

function childrenOf(pid: number): string {
  return spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" }).stdout.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
