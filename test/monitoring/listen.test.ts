// Where monitoring is listened for: flags, base path, HTTPS, the ports file, and a port that is taken.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeAuthority, makeLeaf } from "../../src/node/local-ca.ts";
import { appears } from "../support/appears.ts";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";

for (const program of brokerPrograms()) {
  describe(`where ${program.name} is watched`, { skip: program.skip }, () => {
    let directory: string;
    const running: BrokerProcess[] = [];

    before(() => {
      directory = mkdtempSync(join(tmpdir(), "chappe-watched-"));
    });
    after(async () => {
      await Promise.all(running.map((broker) => broker.stop()));
      rmSync(directory, { recursive: true, force: true });
    });

    const start = async (
      config: string,
      args: readonly string[] = [],
    ): Promise<{ broker: BrokerProcess; url: string }> => {
      const broker = await startBrokerProcess(program, config, { args });
      running.push(broker);
      const line = await broker.logged(/Starting https? monitor on/);
      const [, scheme, where] = /Starting (https?) monitor on (\S+)/.exec(line)!;
      return { broker, url: `${scheme}://${where}` };
    };

    test("a base path stands before everything", async () => {
      const { url } = await start('http: "127.0.0.1:-1"\nhttp_base_path: "/nats/one"');

      const status = async (path: string): Promise<number> => (await fetch(url + path)).status;

      assert.deepEqual(
        [
          await status("/nats/one"),
          await status("/nats/one/varz"),
          await status("/varz"),
          await status("/"),
          await status("/nats/onevarz"),
        ],
        [200, 200, 404, 404, 404],
      );
    });

    test("the ports file says where", async () => {
      const { broker, url } = await start(`http: "127.0.0.1:-1"\nports_file_dir: "${directory}"`);

      // The real server writes it after it has said that it is ready.
      const path = join(directory, `nats-server_${broker.pid}.ports`);
      await appears(path, /monitoring/);
      const file = readFileSync(path, "utf8");

      assert.deepEqual((JSON.parse(file) as { monitoring: string[] }).monitoring, [url]);
    });

    test("any method is answered, HEAD without a body", async () => {
      const { url } = await start('http: "127.0.0.1:-1"');

      const head = await fetch(`${url}/varz`, { method: "HEAD" });
      const post = await fetch(`${url}/varz`, { method: "POST", body: "x" });

      assert.equal(head.status, 200);
      assert.equal(await head.text(), "");
      assert.match(await post.text(), /"server_id"/);
    });

    test("every answer says what it is and who may read it", async () => {
      const { url } = await start('http: "127.0.0.1:-1"');

      for (const [path, type, origin] of [
        ["/", "text/html; charset=utf-8", null],
        ["/varz", "application/json", "*"],
        ["/healthz", "application/json", "*"],
        ["/stacksz", "application/json", "*"],
        ["/debug/vars", "application/json; charset=utf-8", null],
      ] as const) {
        const { headers } = await fetch(url + path);
        assert.deepEqual(
          [path, headers.get("content-type"), headers.get("access-control-allow-origin")],
          [path, type, origin],
        );
      }
    });

    test("over TLS with the server's certificate, without asking for the client's", async () => {
      const authority = makeAuthority(Date.now());
      const leaf = makeLeaf(authority, ["127.0.0.1"], Date.now());
      const write = (name: string, text: string): string => {
        const path = join(directory, name);
        writeFileSync(path, text);
        return path;
      };
      const files = [
        `cert_file: "${write("cert.pem", leaf.cert)}"`,
        `key_file: "${write("key.pem", leaf.key)}"`,
        `ca_file: "${write("ca.pem", authority.cert)}"`,
      ];
      const { url } = await start(`https: "127.0.0.1:-1"\ntls { ${files.join(", ")}, verify: true }`);

      const asked = request(`${url}/varz`, { rejectUnauthorized: false });
      asked.end();
      const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
      let body = "";
      for await (const chunk of response) body += String(chunk);

      assert.equal((JSON.parse(body) as { tls_required: boolean }).tls_required, true);
      assert.match(
        String((JSON.parse(body) as { tls_cert_not_after: string }).tls_cert_not_after),
        /^20\d\d-/,
      );
    });

    test("a port that is taken ends the start, with the reason", async () => {
      const squatter = createServer().listen(0, "127.0.0.1");
      await once(squatter, "listening");
      const { port } = squatter.address() as AddressInfo;
      const file = join(directory, "taken.conf");
      writeFileSync(file, `host: "127.0.0.1"\nport: -1\nhttp: "127.0.0.1:${port}"\n`);

      const ended = await new Promise<{ code: unknown; log: string }>((resolve) => {
        execFile(program.path, ["-c", file], { timeout: 10_000 }, (error, _out, log) =>
          resolve({ code: error?.code, log }),
        );
      });
      squatter.close();

      assert.equal(ended.code, 1);
      assert.match(
        ended.log,
        new RegExp(
          `Can't start monitoring: can't listen to the monitor port: listen tcp 127\\.0\\.0\\.1:${port}: bind: address already in use`,
        ),
      );
    });
  });
}
