// The process as those who start it see it: command line, files, signals, endings, log. Every row holds for our broker and
// for the real nats-server where one is found. [drop-in.md §0, §1, §3–5]
import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { type Ending, Running } from "./running.ts";

const triesMax = 500;
const betweenMs = 10;
const local = ["-a", "127.0.0.1", "-p", "-1"];
const place = "host: 127.0.0.1, port: -1";
const exited: Ending = { code: 0, signal: null };
const failed: Ending = { code: 1, signal: null };

for (const program of brokerPrograms()) {
  describe(`the process of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const start = (args: readonly string[], files: Record<string, string> = {}): Running => {
      const running = new Running(program, args, files);
      started.push(running);
      return running;
    };

    // ---- endings ------------------------------------------------------------------------------------------------

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      test(`${signal} ends it with 0`, async () => {
        const running = start(local);
        await running.port();

        running.kill(signal);

        assert.deepEqual(await running.ended, exited);
        assert.ok(running.lines.includes("Initiating Shutdown..."));
        assert.equal(running.lines.at(-1), "Server Exiting..");
      });
    }

    test("the signal is named in the log", async () => {
      const running = start(local);
      await running.port();

      running.kill("SIGTERM");

      assert.equal(await running.line(/^Trapped/), 'Trapped "terminated" signal');
    });

    test("-v says which server it is", async () => {
      const running = start(["-v"]);

      assert.deepEqual(await running.ended, exited);
      assert.match(running.printed, /^nats-server: v\d+\.\d+\.\d+\n$/);
    });

    test("-h prints the help on standard output", async () => {
      const running = start(["-h"]);

      assert.deepEqual(await running.ended, exited);
      assert.match(running.printed, /^\nUsage: nats-server \[options\]\n/);
      assert.equal(running.said, "");
    });

    const refused: readonly [name: string, args: readonly string[], config: string, said: RegExp][] = [
      ["a word that is no flag", ["serve"], "", /^nats-server: unrecognized command: "serve"\n/],
      [
        "a file that is not there",
        ["-c", "none.conf"],
        "",
        /^nats-server: open none\.conf: no such file or directory\n/,
      ],
      [
        "an unknown key",
        ["-c", "s.conf"],
        "colour: red",
        /^nats-server: s\.conf:1:\d: unknown field "colour"\n/,
      ],
      ["bad syntax", ["-c", "s.conf"], "a {", /^nats-server: .*line 1/],
      ["an unknown signal", ["--signal", "foo=1"], "", /^nats-server: unknown signal "foo"\n/],
      ["a pid that is none", ["--signal", "ldm=abc"], "", /^nats-server: invalid pid: abc\n/],
      [
        "a process that is none",
        ["-sl", "ldm=4194305"],
        "",
        /^nats-server: \nsignal "ldm" 4194305: no such process\n/,
      ],
      [
        "-t without a file",
        ["-t"],
        "",
        /^nats-server: must specify \[-c, --config\] option to check configuration file syntax\n/,
      ],
    ];
    for (const [name, args, config, said] of refused) {
      test(`${name} ends it with 1 and says why`, async () => {
        const running = start(args, { "s.conf": config });

        assert.deepEqual(await running.ended, failed);
        assert.match(running.said, said);
      });
    }

    test("-t checks a file and says its digest", async () => {
      const running = start(["-t", "-c", "s.conf"], { "s.conf": "port: 4222" });

      assert.deepEqual(await running.ended, exited);
      const text = /^nats-server: configuration file s\.conf is valid \(sha256:[0-9a-f]{64}\)\n$/;
      assert.match(running.said, text);
    });

    test("a port that is taken ends it with 1 and a fatal line", async () => {
      const first = start(local);
      const port = await first.port();

      const second = start(["-a", "127.0.0.1", "-p", String(port)]);

      assert.deepEqual(await second.ended, failed);
      const why = `"listen tcp 127.0.0.1:${port}: bind: address already in use"`;
      assert.match(
        second.said,
        new RegExp(`\\[FTL\\] Error listening on port: 127\\.0\\.0\\.1:${port}, ${why}`),
      );
    });

    test("killed outright, its port is free for the next at once", async () => {
      const first = start(local);
      const port = await first.port();
      const peer = await RawPeer.dial(port);
      await peer.greeting();
      first.kill("SIGKILL");
      await first.ended;

      const second = start(["-a", "127.0.0.1", "-p", String(port)]);

      assert.equal(await second.port(), port);
      peer.close();
    });

    const dies = program.name === "nats-server" && "it ends by SIGPIPE";
    test("a log that nobody reads any more does not end it", { skip: dies }, async () => {
      const running = start([...local, "-DV"]);
      const port = await running.port();

      running.closeLog();
      for (let times = 0; times < 3; times++) {
        const peer = await RawPeer.dial(port);
        peer.send('CONNECT {"verbose":false}\r\n');
        await peer.sync();
        peer.close();
      }

      running.kill("SIGTERM");
      assert.deepEqual(await running.ended, exited);
    });

    // ---- command line -------------------------------------------------------------------------------------------

    const spellings: readonly (readonly string[])[] = [
      ["-a", "127.0.0.1", "-p", "-1"],
      ["-a=127.0.0.1", "-p=-1"],
      ["--addr", "127.0.0.1", "--port", "-1"],
      ["--net=127.0.0.1", "--port=-1"],
      ["-net", "127.0.0.1", "-port", "-1"],
    ];
    for (const args of spellings) {
      test(`it listens where ${args.join(" ")} says`, async () => {
        const running = start(args);

        assert.ok((await running.port()) > 0);
      });
    }

    test("flags count more than the file, the last one most", async () => {
      const running = start(["-c", "s.conf", "-p", "1", "-p", "-1", "--name", "flagged"], {
        "s.conf": "host: 127.0.0.1, port: 2, server_name: filed",
      });

      const peer = await RawPeer.dial(await running.port());

      assert.equal((await peer.greeting()).server_name, "flagged");
      peer.close();
    });

    const signIns: readonly [flags: readonly string[], connect: object][] = [
      [["--user", "ada", "--pass", "x"], { user: "ada", pass: "x" }],
      [["-user=ada", "-pass=x"], { user: "ada", pass: "x" }],
      [["--auth", "t0ken"], { auth_token: "t0ken" }],
    ];
    for (const [flags, connect] of signIns) {
      test(`${flags.join(" ")} asks for just that`, async () => {
        const port = await start([...local, ...flags]).port();
        const peer = await RawPeer.dial(port);
        const stranger = await RawPeer.dial(port);

        peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...connect })}\r\n`);
        stranger.send('CONNECT {"verbose":false}\r\n');

        await peer.sync();
        await stranger.ended();
        assert.match(stranger.heard, /-ERR 'Authorization Violation'/);
        peer.close();
      });
    }

    test("--client_advertise is what INFO tells", async () => {
      const port = await start([...local, "--client_advertise", "broker.test:5222"]).port();

      const peer = await RawPeer.dial(port);
      const { host, port: told, connect_urls, ws_connect_urls } = await peer.greeting();

      assert.deepEqual([host, told], ["broker.test", 5222]);
      // Of one server alone there are no others to tell of.
      assert.deepEqual([connect_urls, ws_connect_urls], [undefined, undefined]);
      peer.close();
    });

    test("a server on every address is there for IPv4 and IPv6, which INFO tells by their plain addresses", async () => {
      const port = await start(["-a", "0.0.0.0", "-p", "-1"]).port();

      const peers = await Promise.all(["127.0.0.1", "::1"].map((host) => RawPeer.dial(port, host)));
      const infos = await Promise.all(peers.map((peer) => peer.greeting()));

      assert.deepEqual(
        infos.map(({ client_ip }) => client_ip),
        ["127.0.0.1", "::1"],
      );
      for (const peer of peers) peer.close();
    });

    // ---- files that tell of it ----------------------------------------------------------------------------------

    test("-P writes the pid in digits alone", async () => {
      const running = start([...local, "-P", "FOLDER/server.pid"]);
      await running.port();

      assert.equal(readFileSync(join(running.folder, "server.pid"), "utf8"), String(running.pid));
    });

    test("the ports file is there when it is ready, and gone after its end", async () => {
      const running = start([...local, "--ports_file_dir", "FOLDER"]);
      const port = await running.port();
      const file = join(running.folder, `nats-server_${running.pid}.ports`);

      assert.deepEqual(await running.portsFile(), { nats: [`nats://127.0.0.1:${port}`] });
      running.kill("SIGTERM");
      await running.ended;
      assert.equal(existsSync(file), false);
    });

    test("the ports file of a server on every address lists each, IPv4 first", async () => {
      const running = start(["-a", "0.0.0.0", "-p", "-1", "--ports_file_dir", "FOLDER"]);
      const port = await running.port();

      const { nats = [] } = await running.portsFile();

      assert.equal(nats[0], `nats://127.0.0.1:${port}`);
      assert.ok(nats.includes(`nats://[::1]:${port}`));
    });

    // ---- the log ------------------------------------------------------------------------------------------------

    test("lines carry pid, time and level, and standard output none", async () => {
      const running = start(local);
      await running.port();

      const first = running.said.split("\n")[0]!;
      assert.match(first, /^\[\d+\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} \[INF\] Starting nats-server$/);
      assert.ok(first.startsWith(`[${running.pid}] `));
      assert.equal(running.printed, "");
    });

    test("-T=false leaves the time out", async () => {
      const running = start([...local, "-T=false"]);
      await running.port();

      assert.match(running.said, /^\[\d+\] \[INF\] Starting nats-server$/m);
    });

    test("-l sends the log into a file, which SIGUSR1 opens anew", async () => {
      const running = start([...local, "-l", "FOLDER/server.log", "--ports_file_dir", "FOLDER"]);
      const log = join(running.folder, "server.log");
      await running.portsFile();
      const moved = `${log}.moved`;
      renameSync(log, moved);

      running.kill("SIGUSR1");
      await until(() => existsSync(log) && readFileSync(log, "utf8").includes("\n"));

      assert.match(
        readFileSync(moved, "utf8"),
        /\[INF\] Listening for client connections on 127\.0\.0\.1:\d+\n/,
      );
      assert.match(readFileSync(log, "utf8"), /\[INF\] File log re-opened\n/);
      assert.equal(running.said, "");
    });

    test("a log that has grown is set aside, and the oldest leftovers go", async () => {
      const config = `${place}\nlog_file: "FOLDER/server.log", logfile_size_limit: 600, logfile_max_num: 3, debug: true`;
      const running = start(["-c", "s.conf", "--ports_file_dir", "FOLDER"], { "s.conf": config });
      const { nats = [] } = await running.portsFile();
      const port = Number(nats[0]!.replace(/^.*:/, ""));

      for (let times = 0; times < 40; times++) {
        const peer = await RawPeer.dial(port);
        await peer.greeting();
        peer.close();
      }
      running.kill("SIGTERM");
      await running.ended;

      const kept = readdirSync(running.folder)
        .sort()
        .filter((name) => name.startsWith("server.log"));
      assert.equal(kept.length, 3);
      assert.match(kept.at(-1)!, /^server\.log\.\d{4}(\.\d\d){5}\.\d{9}$/);
    });

    test("a password in plain text is warned of", async () => {
      const running = start([...local, "--user", "ada", "--pass", "x"]);
      await running.port();

      assert.ok(running.lines.includes("Plaintext passwords detected, use nkeys or bcrypt"));
    });

    // ---- --signal -----------------------------------------------------------------------------------------------

    test("--signal reload=PID has it read its file again", async () => {
      const running = start(["-c", "s.conf"], { "s.conf": place });
      await running.port();
      running.write("s.conf", `${place}\nmax_payload: 1000`);

      const sender = start(["--signal", `reload=${running.pid}`]);

      assert.deepEqual(await sender.ended, exited);
      await running.line(/^Reloaded: max_payload = 1000$/);
    });

    test("--signal takes a pid file", async () => {
      const running = start([...local, "-P", "FOLDER/server.pid"]);
      await running.port();

      const sender = start(["--signal", `term=${running.folder}/server.pid`]);

      assert.deepEqual(await sender.ended, exited);
      assert.deepEqual(await running.ended, exited);
    });

    test("a reload of a server without a file says that it has none", async () => {
      const running = start(local);
      await running.port();

      running.kill("SIGHUP");

      const line = await running.line(/^Failed to reload/);
      const why = "can only reload config when a file is provided using -c or --config";
      assert.equal(line, `Failed to reload server configuration: ${why}`);
    });

    test("a file that became unreadable changes nothing", { skip: process.getuid?.() === 0 }, async () => {
      const running = start(["-c", "s.conf"], { "s.conf": place });
      await running.port();
      chmodSync(join(running.folder, "s.conf"), 0);

      running.kill("SIGHUP");

      assert.match(await running.line(/^Failed to reload/), /permission denied/);
    });
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let tried = 0; tried < triesMax && !holds(); tried++) await pause(betweenMs);
  assert.ok(holds());
}
