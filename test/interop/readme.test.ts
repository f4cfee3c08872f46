// The README's recipes do what they say, as they stand there.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { Tutorial } from "./chappe.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const [nats, scw, server] = [needProgram("nats"), needProgram("scw"), needProgram("nats-server")];

describe("the README", { skip: nats.skip || scw.skip }, () => {
  let reader: Tutorial;
  before(async () => {
    reader = await Tutorial.begin([nats.path, scw.path]);
  });
  after(() => reader?.end());

  test("has exactly two set-up commands", () => {
    const start = readme.slice(readme.indexOf("## Start"), readme.indexOf("## Recipes"));

    assert.deepEqual(start.match(/^npm .*?(?=\s+#)/gm), ["npm ci && npm start", "npm ci && npm test"]);
  });

  test("recipe 1: an account, credentials and a message", async () => {
    const shell = reader.terminal(`bash -c ${quoted(`${recipe(1)}\nwait`)}`);

    await shell.shows(/Received on "my-subject"[\s\S]*Hi there!/);
  });

  test("recipe 2: the same with Scaleway's CLI", async () => {
    const lines = recipe(2).trimEnd().split("\n");
    const subscribe = lines.pop()!;
    reader.run(`export SCW_DISABLE_CHECK_VERSION=true\n${lines.join("\n")}`);

    const subscriber = reader.terminal(subscribe);

    await subscriber.shows(/Subscribing on hello\.>/);
  });

  test("recipe 3: from a program, with Scaleway's SDK", () => {
    // Beside the project's own packages, where the SDK is found.
    mkdirSync(join(root, ".cache"), { recursive: true });
    const file = join(root, ".cache/readme-recipe.mjs");
    writeFileSync(file, recipe(3));

    const said = reader.run(`${join(root, "bin/node")} ${file}`);

    assert.match(said, /^nats:\/\/127\.0\.0\.1:\d+ -----BEGIN NATS USER JWT-----/);
  });
});

describe("the README's way to JetStream", { skip: nats.skip || scw.skip || server.skip }, () => {
  let reader: Tutorial;
  before(async () => {
    reader = await Tutorial.begin([nats.path, scw.path], { CHAPPE_BROKER: server.path });
  });
  after(() => reader?.end());

  test("recipe 6: a stream of a real nats-server in a cell", () => {
    assert.match(recipe(6), /^CHAPPE_BROKER=\S+ .* bin\/chappe serve\n$/);

    const said = reader.run(`export SCW_DISABLE_CHECK_VERSION=true\n${recipe(6, 2)}`);

    assert.match(said, /Stream orders was created/);
  });
});

/** The code of a numbered recipe: its first block, or another. */
function recipe(number: number, block = 1): string {
  const section = readme.slice(readme.indexOf(`### ${number}.`));
  return [...section.matchAll(/```\w+\n(.*?)```/gs)][block - 1]![1]!;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
