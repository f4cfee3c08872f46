// Starts that cannot be: each ends with the number that says why and a sentence that says what to do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { makeAuthority } from "../../src/node/local-ca.ts";
import { cellsOf, chappe, chappeIn, cleanUp, newDirectory, RunningChappe, skipReason } from "./chappe.ts";

describe("chappe's command line", () => {
  for (const [args, says] of [
    [["serve", "--nonsense"], /^chappe: unknown flag "--nonsense"\n/],
    [["serve", "--nonsense=1"], /^chappe: unknown flag "--nonsense"\n/],
    [["-x"], /^chappe: unknown flag "-x"\n/],
    [["serve", "--keep-cells=1"], /^chappe: --keep-cells takes no value\n/],
    [["serve", "--data", "--log"], /^chappe: --data needs a value\n/],
    [["serve", "--http", "8080"], /--http is HOST:PORT.*"8080"/],
    [["serve", "--http", "127.0.0.1:65536"], /--http is HOST:PORT/],
    [["serve", "--nats", "[::zz]:1"], /--nats is HOST:PORT/],
    [["serve", "--nats-public", "no host:1"], /--nats-public is HOST:PORT/],
    [["serve", "--tls", "maybe"], /--tls is one of auto, required, off; got "maybe"/],
    [["serve", "--tls-cert", "cert.pem"], /--tls-cert and --tls-key go together/],
    [["serve", "--log", "xml"], /--log is one of json, pretty/],
    [["serve", "--data"], /^chappe: --data needs a value\n/],
    [["serve", "--data", ""], /--data is empty/],
    [["serve", "--tls-cert", "", "--tls-key", ""], /--tls-cert is empty/],
    [["env", "--data="], /--data is empty/],
    [["audit", ""], /which directory/],
    [["serve", "twice"], /unexpected argument "twice"/],
    [["dance"], /unknown command "dance"/],
    [[], /chappe serve/],
  ] as const) {
    test(`"chappe ${args.join(" ")}" ends with 2 and says what is wrong`, () => {
      const { status, stdout, stderr } = chappe(...args);

      assert.equal(status, 2);
      assert.match(stderr, says);
      assert.match(stderr, /chappe --help/);
      assert.equal(stdout, "");
    });
  }

  test("--help and --version answer on standard output and end with 0", () => {
    const [help, version] = [chappe("serve", "--help"), chappe("--version")];

    assert.equal(help.status, 0);
    for (const flag of [
      "data",
      "http",
      "nats",
      "nats-public",
      "tls",
      "tls-cert",
      "tls-key",
      "log",
      "keep-cells",
    ]) {
      assert.ok(help.stdout.includes(`--${flag} `), flag);
    }
    assert.equal(version.status, 0);
    assert.match(version.stdout, /^chappe \d+\.\d+\.\d+\n$/);
    assert.deepEqual([chappe("help"), chappe("version")], [help, version]);
  });
});

describe("a start that cannot be", { skip: skipReason() }, () => {
  const data = newDirectory();
  const loopback = ["--http", "127.0.0.1:0", "--nats", "127.0.0.1:0"];
  let occupied: Server;
  let address: string;

  before(async () => {
    occupied = createServer();
    await once(occupied.listen(0, "127.0.0.1"), "listening");
    address = `127.0.0.1:${(occupied.address() as AddressInfo).port}`;
  });
  after(() => {
    occupied.close();
    cleanUp(data);
  });

  for (const flag of ["--http", "--nats"]) {
    test(`a taken ${flag} address ends it with 3`, () => {
      const { status, stderr } = chappe("serve", "--data", join(data, "bind"), ...loopback, flag, address);

      assert.equal(status, 3, stderr);
      assert.ok(stderr.includes(address), stderr);
      assert.match(stderr, new RegExp(`another address with ${flag}`));
      assert.deepEqual(cellsOf(join(data, "bind")), []);
    });

    test(`the start after a taken ${flag} address is the first one, and shows what was made`, async () => {
      const place = join(data, `after${flag}`);
      chappe("serve", "--data", place, ...loopback, flag, address);

      const running = await RunningChappe.start(place, "--log", "pretty");
      await running.stop();

      assert.match(running.lines.join("\n"), /Try it:[\s\S]*nats pub /);
    });
  }

  test("a data directory that another Chappe holds ends it with 4, and that one runs on", async () => {
    const running = await RunningChappe.start(join(data, "held"));

    const { status, stderr } = chappe("serve", "--data", join(data, "held"), ...loopback);

    assert.equal(status, 4);
    assert.match(stderr, new RegExp(`locked by process ${running.pid}\n`));
    assert.equal(running.run.pid, running.pid);
    await running.stop();
  });

  const foreign: readonly (readonly [name: string, files: Readonly<Record<string, string>>])[] = [
    ["a home", { "letter.txt": "dear" }],
    ["a checkout", { ".gitignore": "node_modules\n", "main.c": "", lock: "" }],
    ["a checkout of nothing yet", { ".gitignore": "node_modules\n" }],
    ["a cache that keeps itself out of git", { ".gitignore": "*\n", "pyvenv.cfg": "" }],
    ["another program's state", { lock: "4711", state: "" }],
    ["another program's keys", { lock: "4711", "master.key": "" }],
  ];
  for (const [name, files] of foreign) {
    test(`a directory that holds something else, ${name}, ends it with 4 and stays as it was`, () => {
      const home = join(data, name);
      mkdirSync(home, { mode: 0o755 });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(home, file), text);

      const { status, stderr } = chappe("serve", "--data", home, ...loopback);

      assert.equal(status, 4);
      assert.match(stderr, /something else \(it holds .+\)/);
      assert.deepEqual(readdirSync(home).sort(), Object.keys(files).sort());
      for (const [file, text] of Object.entries(files))
        assert.equal(readFileSync(join(home, file), "utf8"), text);
      assert.equal(statSync(home).mode & 0o777, 0o755);
    });
  }

  test("a first start that died early, and a copy without its lock, are ours", async () => {
    const early = join(data, "early");
    mkdirSync(early);
    writeFileSync(join(early, "lock"), "");
    await (await RunningChappe.start(early)).stop();
    rmSync(join(early, "lock"));

    assert.equal(await (await RunningChappe.start(early)).stop(), 0);
  });

  test("a data directory where none can be made ends it with 4, and at once", {
    skip: !existsSync("/proc/self"),
  }, () => {
    const { status, stderr } = chappe("serve", "--data", "/proc/foo", ...loopback);

    assert.equal(status, 4);
    assert.match(stderr, /\/proc\/foo cannot be used: .*ENOENT/);
  });

  for (const [CHAPPE_BROKER, says] of [
    ["/nonexist", /CHAPPE_BROKER: \/nonexist cannot be run: ENOENT/],
    ["/", /CHAPPE_BROKER: \/ cannot be run: it is no file/],
    ["/dev/null", /CHAPPE_BROKER: \/dev\/null cannot be run: /],
  ] as const) {
    test(`cells of ${CHAPPE_BROKER} end it with 2 and say why`, () => {
      const { status, stderr } = chappeIn(
        { CHAPPE_BROKER },
        "serve",
        "--data",
        join(data, "broker"),
        ...loopback,
      );

      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
    });
  }

  test("a cell's program that ends without a word is not given the last one's words", async () => {
    const used = join(data, "used");
    await (await RunningChappe.start(used)).stop();

    const { status, stderr } = chappeIn(
      { CHAPPE_BROKER: "/bin/false" },
      "serve",
      "--data",
      used,
      ...loopback,
    );

    assert.equal(status, 1);
    assert.match(stderr, /^chappe: start cell fr-par-1: it ended at once, with code 1\n$/m);
  });

  test("a data directory that is a file ends it with 4", () => {
    writeFileSync(join(data, "file"), "");

    assert.equal(chappe("serve", "--data", join(data, "file"), ...loopback).status, 4);
  });

  test("a database from the future ends it with 4 and asks for the newer version", async () => {
    const future = join(data, "future");
    await (await RunningChappe.start(future)).stop();
    const database = new DatabaseSync(join(future, "chappe.db"));
    database.exec("insert into format (version) values (999)");
    database.close();

    const { status, stderr } = chappe("serve", "--data", future, ...loopback);

    assert.equal(status, 4);
    assert.match(stderr, /format 999/);
  });

  test("a database whose master key is gone ends it with 4", async () => {
    const keyless = join(data, "keyless");
    await (await RunningChappe.start(keyless)).stop();
    writeFileSync(join(keyless, "master.key"), "short");

    const { status, stderr } = chappe("serve", "--data", keyless, ...loopback);

    assert.equal(status, 4);
    assert.match(stderr, /master\.key is damaged\n.*backup/);
  });

  for (const { name, cert, key, says } of [
    { name: "is missing", cert: "/nowhere.pem", key: "/nowhere.key", says: /nowhere\.pem/ },
    { name: "is no certificate", cert: "garbage", key: "garbage", says: /TLS material/ },
    { name: "does not belong to its key", cert: "one", key: "other", says: /not the key/ },
  ]) {
    test(`TLS material that ${name} ends it with 5`, () => {
      const [one, other] = [makeAuthority(0), makeAuthority(0)];
      const texts: Readonly<Record<string, string>> = { garbage: "garbage", one: one.cert, other: other.key };
      for (const [file, text] of Object.entries(texts)) writeFileSync(join(data, `${file}.pem`), text);
      const path = (file: string) => (file.startsWith("/") ? file : join(data, `${file}.pem`));
      const material = ["--tls", "required", "--tls-cert", path(cert), "--tls-key", path(key)];

      const { status, stderr } = chappe("serve", "--data", join(data, "tls"), ...loopback, ...material);

      assert.equal(status, 5, stderr);
      assert.match(stderr, says);
    });
  }

  test("env of a directory that was never started ends with 4 and says how to start", () => {
    const { status, stdout, stderr } = chappe("env", "--data", join(data, "never"));

    assert.equal(status, 4);
    assert.equal(stdout, "");
    assert.match(stderr, /never been started\n.*chappe serve/);
  });

  test("env of a directory that cannot be read ends with 4 and says so", () => {
    const file = join(data, "no-directory");
    writeFileSync(file, "");

    const { status, stdout, stderr } = chappe("env", "--data", file);

    assert.equal(status, 4);
    assert.equal(stdout, "");
    assert.match(stderr, /no-directory cannot be used: .*ENOTDIR/);
  });
});
