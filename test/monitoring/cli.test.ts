// The nats CLI's view of a server: what operators look at, against ours.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { needProgram } from "../support/programs.ts";
import { accountsConfig, Side } from "./pair.ts";

const run = promisify(execFile);
const cli = needProgram("nats");
const cliDeadlineMs = 20_000;

describe("the nats CLI with a system user", { skip: cli.skip }, () => {
  let side: Side;

  before(async () => {
    side = await Side.start("ours", accountsConfig);
    const a = await side.client({ user: "a", pass: "secret-of-a", name: "looked-at" });
    a.send("SUB foo 1\r\nPUB foo 5\r\nhello\r\n");
    await a.sync();
  });
  after(async () => {
    await side?.stop();
  });

  const as = async (user: string, ...args: readonly string[]): Promise<string> => {
    const url = `nats://${user}:secret-of-${user}@127.0.0.1:${side.broker.port}`;
    // No context of whoever runs the tests may take part.
    const env = { ...process.env, XDG_CONFIG_HOME: "/nonexistent", HOME: "/nonexistent" };
    const { stdout, stderr } = await run(cli.path, ["--server", url, ...args], {
      env,
      timeout: cliDeadlineMs,
    });
    return stdout + stderr;
  };
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const text = await as("sys", ...args);
    return JSON.parse(text.slice(text.indexOf("{"))) as Record<string, unknown>;
  };

  test("server ls counts it", async () => {
    assert.match(await as("sys", "server", "ls", "1"), /│ side +│/);
  });

  test("server info shows it", async () => {
    assert.match(await as("sys", "server", "info", "side"), /side/);
  });

  test("server ping hears it", async () => {
    assert.match(await as("sys", "server", "ping", "1"), /side/);
  });

  test("server report connections lists who is connected", async () => {
    assert.match(await as("sys", "server", "report", "connections"), /looked-at/);
  });

  test("server report accounts lists who does what", async () => {
    const report = await as("sys", "server", "report", "accounts");

    assert.match(report, /│ +A +│/);
  });

  for (const [what, member] of [
    ["variables", "server_id"],
    ["connections", "connections"],
    ["subscriptions", "num_subscriptions"],
    ["routes", "routes"],
    ["gateways", "outbound_gateways"],
    ["leafnodes", "leafs"],
    ["accounts", "accounts"],
    ["jetstream", "disabled"],
  ] as const) {
    test(`server request ${what} is answered`, async () => {
      const { data } = await json("server", "request", what, "1", "--name", "side");

      assert.ok(member in (data as object), JSON.stringify(data));
    });
  }

  test("server request kick ends a connection", async () => {
    const victim = await side.client({ user: "b", pass: "secret-of-b", name: "victim" });
    const list = await json("server", "request", "connections", "1", "--filter-account", "B");
    const { data } = list as { data: { connections: { cid: number }[] } };

    await as("sys", "server", "request", "kick", String(data.connections[0]!.cid), side.id);

    await victim.ended();
  });

  test("server check connection is content", async () => {
    assert.match(await as("a", "server", "check", "connection"), /OK/);
  });

  test("account info shows a member of an ordinary account who it is", async () => {
    assert.match(await as("a", "account", "info"), /User: +a/);
  });
});
