// Starting and stopping `chappe serve`: what it makes, what it says, what it leaves behind.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  cellPid,
  cellsOf,
  chappe,
  cleanUp,
  exported,
  newDirectory,
  RunningChappe,
  skipReason,
} from "./chappe.ts";
import { Rest } from "./rest.ts";
import { works } from "./tenant.ts";

describe("chappe serve", { skip: skipReason() }, () => {
  // A name that every file we write and every command line we read must get right.
  const data = newDirectory('chappe sérve "1" \\ ');
  let first: RunningChappe;
  let firstRun: RunningChappe["run"];

  before(async () => {
    first = await RunningChappe.start(data);
    firstRun = first.run;
  });
  after(() => cleanUp(data));

  test("run.json says where it is while it is up", () => {
    assert.deepEqual(Object.keys(firstRun), ["pid", "http", "nats"]);
    assert.equal(firstRun.pid, first.pid);
    assert.match(firstRun.http, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(Object.keys(firstRun.nats), ["fr-par"]);
    assert.match(firstRun.nats["fr-par"]!, /^nats:\/\/127\.0\.0\.1:\d+$/);
  });

  test("everything in the data directory is its owner's alone and invisible to git", () => {
    const modes = readdirSync(data, { recursive: true, encoding: "utf8" }).map((name) => {
      const { mode } = statSync(join(data, name));
      return [name, (mode & 0o077).toString(8)];
    });

    assert.deepEqual(
      modes.filter(([, others]) => others !== "0"),
      [],
    );
    assert.equal(statSync(data).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(data, ".gitignore"), "utf8"), "*\n");
  });

  test("where nobody looks on it speaks JSON, ready last, and never a secret", () => {
    const said = first.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const secret = exported(data).get("SCW_SECRET_KEY")!;

    assert.equal(said.at(-1)!.msg, "ready");
    assert.equal(said.at(-1)!.http, firstRun.http);
    assert.deepEqual(said.at(-1)!.nats, firstRun.nats);
    assert.ok(
      said.some(({ msg }) => /organization/.test(String(msg))),
      "the first start says what it made",
    );
    assert.equal(first.lines.join("\n").includes(secret), false);
    assert.doesNotMatch(first.lines.join("\n"), /S[OAU][A-Z2-7]{56}/);
  });

  test("env prints what Scaleway's tools check, in a form that a shell reads", () => {
    const variables = exported(data);
    const shell = execFileSync("sh", [
      "-c",
      'eval "$1"; echo "$SCW_API_URL"',
      "sh",
      chappe("env", "--data", data).stdout,
    ]);

    assert.deepEqual(
      [...variables.keys()],
      [
        "SCW_API_URL",
        "SCW_ACCESS_KEY",
        "SCW_SECRET_KEY",
        "SCW_DEFAULT_PROJECT_ID",
        "SCW_DEFAULT_ORGANIZATION_ID",
        "SCW_DEFAULT_REGION",
      ],
    );
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    assert.match(variables.get("SCW_ACCESS_KEY")!, /^SCW[A-Z0-9]{17}$/);
    assert.match(variables.get("SCW_SECRET_KEY")!, uuid);
    assert.match(variables.get("SCW_DEFAULT_PROJECT_ID")!, uuid);
    assert.match(variables.get("SCW_DEFAULT_ORGANIZATION_ID")!, uuid);
    assert.equal(variables.get("SCW_DEFAULT_REGION"), "fr-par");
    assert.equal(variables.get("SCW_API_URL"), firstRun.http);
    assert.equal(shell.toString(), `${firstRun.http}\n`);
  });

  test("an account made by REST carries a message at once", async () => {
    const rest = new Rest(data);

    const account = await rest.createAccount("quickstart");
    const credentials = await rest.createCredentials(account, "me");

    assert.equal(account.endpoint, firstRun.nats["fr-par"]);
    await works(account, credentials);
  });

  test("another region's cell starts with its first account, on a port of its own", async () => {
    const rest = new Rest(data);

    const [account] = await Promise.all([
      rest.createAccount("a", "nl-ams"),
      rest.createAccount("b", "nl-ams"),
    ]);
    const credentials = await rest.createCredentials(account!, "me", "nl-ams");

    assert.equal(account!.endpoint, first.run.nats["nl-ams"]);
    assert.notEqual(account!.endpoint, firstRun.nats["fr-par"]);
    assert.notEqual(cellPid(data, "nl-ams"), cellPid(data, "fr-par"));
    await works(account!, credentials);
  });

  test("SIGTERM ends it and its cells with code 0, and run.json goes", async () => {
    assert.equal(await first.stop(), 0);

    assert.equal(existsSync(join(data, "run.json")), false);
    assert.deepEqual(cellsOf(data), []);
  });

  test("env works just as well while nothing runs", () => {
    assert.equal(exported(data).get("SCW_API_URL"), firstRun.http);
  });

  test("a second start takes the same ports, says it shorter, and finds every account", async () => {
    const rest = new Rest(data);
    const second = await RunningChappe.start(data);

    assert.equal(second.run.http, firstRun.http);
    assert.equal(second.run.nats["fr-par"], firstRun.nats["fr-par"]);
    assert.deepEqual(Object.keys(second.run.nats), ["fr-par", "nl-ams"]);
    assert.equal(
      second.lines.some((line) => /organization/.test(line)),
      false,
    );
    assert.deepEqual(
      (await rest.accounts()).map(({ name }) => name),
      ["quickstart"],
    );
    assert.equal(await second.stop(), 0);
  });

  test("a person is told addresses, directory and three lines to paste, once", async () => {
    const fresh = newDirectory();
    const one = await RunningChappe.start(fresh, "--log", "pretty");
    const oneText = one.lines.join("\n");
    const { http, nats } = one.run;
    await one.stop();
    const two = await RunningChappe.start(fresh, "--log", "pretty");
    const twoText = two.lines.join("\n");
    await two.stop();

    for (const text of [oneText, twoText]) {
      assert.ok(
        text.includes(`${http}/mnq/v1beta1`) && text.includes(nats["fr-par"]!) && text.includes(fresh),
        text,
      );
      assert.equal(text.includes(exported(fresh).get("SCW_SECRET_KEY")!), false);
    }
    assert.match(oneText, /eval "\$\(\S*chappe env[^\n]*\n[^\n]*nats\.creds\n[^\n]*nats sub [^\n]*nats pub /);
    assert.doesNotMatch(twoText, /Try it/);
    assert.ok(twoText.length < oneText.length / 2, "the second start says it shorter");
    cleanUp(fresh);
  });

  test("the first key's file may be deleted: the key goes on working, env says where it was", async () => {
    const rest = new Rest(data);
    const admin = readFileSync(join(data, "admin.key"));
    rmSync(join(data, "admin.key"));
    const running = await RunningChappe.start(data);

    const { status, stderr } = chappe("env", "--data", data);
    const accounts = await rest.accounts();

    assert.equal(status, 4);
    assert.match(stderr, /admin\.key is not there any more\n.*written down/);
    assert.equal(accounts.length, 1);
    assert.equal(existsSync(join(data, "admin.key")), false);
    assert.ok(admin.length > 0);
    await running.stop();
  });
});
