import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Command, readCommand, type ServeOptions } from "./chappe-options.ts";

function serve(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ServeOptions {
  const command = readCommand(["serve", ...flags], env, "/here", "/users/ada");
  assert.equal(command.kind, "serve", command.kind === "refused" ? command.message : "");
  return (command as Extract<Command, { kind: "serve" }>).options;
}

describe("command line of chappe", () => {
  test("without a word everything is on loopback and in the user's own directory", () => {
    assert.deepEqual(serve(), {
      data: "/users/ada/.local/share/chappe",
      http: { host: "127.0.0.1", port: 8080 },
      httpIsDefault: true,
      nats: { host: "127.0.0.1", port: 4222 },
      natsIsDefault: true,
      natsPublic: undefined,
      tls: "auto",
      tlsFiles: undefined,
      log: undefined,
      keepCells: false,
      broker: undefined,
    });
  });

  test("the data directory follows XDG_DATA_HOME, and a relative one the working directory", () => {
    assert.equal(serve([], { XDG_DATA_HOME: "/share" }).data, "/share/chappe");
    assert.equal(serve(["--data", "here"]).data, "/here/here");
  });

  for (const [flag, text, variable, read, expected] of [
    ["--data", "/d", "CHAPPE_DATA", (it: ServeOptions) => it.data, "/d"],
    ["--http", "0.0.0.0:80", "CHAPPE_HTTP", (it: ServeOptions) => it.http, { host: "0.0.0.0", port: 80 }],
    ["--nats", "[::1]:0", "CHAPPE_NATS", (it: ServeOptions) => it.nats, { host: "::1", port: 0 }],
    [
      "--nats-public",
      "a.example:4223",
      "CHAPPE_NATS_PUBLIC",
      (it: ServeOptions) => it.natsPublic,
      { host: "a.example", port: 4223 },
    ],
    ["--tls", "off", "CHAPPE_TLS", (it: ServeOptions) => it.tls, "off"],
    ["--log", "json", "CHAPPE_LOG", (it: ServeOptions) => it.log, "json"],
  ] as const) {
    test(`${flag} and ${variable} say the same, and the flag wins`, () => {
      assert.deepEqual(read(serve([flag, text])), expected);
      assert.deepEqual(read(serve([], { [variable]: text })), expected);
      assert.deepEqual(read(serve([flag, text], { [variable]: "nonsense but never read" })), expected);
      assert.deepEqual(read(serve([], { [variable]: "" })), read(serve()), "an empty variable says nothing");
    });
  }

  test("certificate and key are given together, by flag or variable", () => {
    const expected = { cert: "/here/c.pem", key: "/here/k.pem" };

    assert.deepEqual(serve(["--tls-cert", "c.pem", "--tls-key=k.pem"]).tlsFiles, expected);
    assert.deepEqual(serve(["--tls-cert", "c.pem"], { CHAPPE_TLS_KEY: "k.pem" }).tlsFiles, expected);
  });

  for (const [text, keep] of [
    ["1", true],
    ["true", true],
    ["yes", true],
    ["0", false],
    ["false", false],
    ["", false],
  ] as const) {
    test(`CHAPPE_KEEP_CELLS="${text}" ${keep ? "keeps" : "does not keep"} cells`, () => {
      assert.equal(serve([], { CHAPPE_KEEP_CELLS: text }).keepCells, keep);
    });
  }

  test("a port alone is on loopback", () => {
    assert.deepEqual(serve(["--nats", ":0"]).nats, { host: "127.0.0.1", port: 0 });
  });

  for (const text of [
    "",
    "x",
    "host",
    "host:",
    "host:x",
    "host:-1",
    "host:65536",
    "host:1:2",
    "[::1]",
    "[x]:1",
    "a b:1",
    "::1:4222",
  ]) {
    test(`"${text}" is no address`, () => {
      const command = readCommand(["serve", `--nats=${text}`], {}, "/here", "/users/ada");

      // An empty flag is refused as well: whoever wrote it meant something.
      assert.equal(command.kind, "refused", JSON.stringify(command));
    });
  }

  test("an audit is of one directory, relative to where one is", () => {
    const audit = (...argv: string[]): Command =>
      readCommand(["audit", ...argv], { CHAPPE_HTTP: "x" }, "/here", "/users/ada");

    assert.deepEqual(audit("d"), { kind: "audit", directory: "/here/d", json: false });
    assert.deepEqual(audit("--json", "/d"), { kind: "audit", directory: "/d", json: true });
    for (const [argv, reason] of [
      [[], /which directory/],
      [["a", "b"], /unexpected argument "b"/],
    ] as const) {
      const command = audit(...argv);
      assert.match(command.kind === "refused" ? command.message : command.kind, reason);
    }
  });

  test("--json goes with audit only", () => {
    assert.equal(readCommand(["env", "--json"], {}, "/here", "/users/ada").kind, "refused");
  });
});
