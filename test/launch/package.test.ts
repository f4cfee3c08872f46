// The package as npm hands it out: packed, installed elsewhere, both programs run from it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { appears } from "../support/appears.ts";

const root = join(import.meta.dirname, "../..");

describe("the packed package", () => {
  const directory = mkdtempSync(join(tmpdir(), "chappe-package-"));
  const project = join(directory, "project");
  const programs = join(project, "node_modules/.bin");

  before(() => {
    const npm = (args: readonly string[], cwd: string): string => {
      return execFileSync("npm", [...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    };
    npm(["pack", "--pack-destination", directory], root);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "private": true }');
    // The dependencies come from our own tree, so that no registry is asked. Without one npm gives up the runtime, an
    // optional package of one platform among others it cannot look up: that is laid down after it.
    for (const name of ["@nats-io", "node-forge", "tweetnacl"]) layDown(name);
    npm(["install", "--offline", "--ignore-scripts", join(directory, tarball ?? "")], project);
    for (const name of readdirSync(join(root, "node_modules")))
      if (/^node-(bin-)?(linux|darwin)-/.test(name)) layDown(name);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  test("carries no TypeScript: Node runs none inside node_modules", () => {
    const files = readdirSync(join(project, "node_modules/chappe"), { recursive: true, encoding: "utf8" });

    assert.deepEqual(
      files.filter((path) => path.endsWith(".ts")),
      [],
    );
    assert.ok(files.includes("dist/app/nats-server.js"));
  });

  test("nats-server says its version", () => {
    assert.match(
      execFileSync(join(programs, "nats-server"), ["-v"], { encoding: "utf8" }),
      /^nats-server: v2\./,
    );
  });

  test("chappe says the package's version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

    assert.equal(
      execFileSync(join(programs, "chappe"), ["--version"], { encoding: "utf8" }),
      `chappe ${version}\n`,
    );
  });

  test("chappe serve comes up with its first cell, and goes", async () => {
    const data = join(directory, "data");
    mkdirSync(data);
    const ready = appears(join(data, "run.json"));
    const chappe = spawn(
      join(programs, "chappe"),
      ["serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "127.0.0.1:0"],
      { stdio: "ignore" },
    );
    const ended = once(chappe, "exit");
    await Promise.race([ready, ended.then(([code]) => assert.fail(`chappe ended with ${code}`))]);

    const { http, pid } = JSON.parse(readFileSync(join(data, "run.json"), "utf8")) as {
      http: string;
      pid: number;
    };
    const answer = await fetch(`${http}/mnq/v1beta1/regions/fr-par/nats-accounts`);
    chappe.kill("SIGTERM");

    assert.equal(pid, chappe.pid);
    assert.equal(answer.status, 401);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(existsSync(join(data, "run.json")), false);
  });

  function layDown(name: string): void {
    cpSync(join(root, "node_modules", name), join(project, "node_modules", name), { recursive: true });
  }
});
