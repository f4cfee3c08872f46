// /varz and /connz of servers that are configured otherwise: WebSocket, TLS, limits, tags, proxies, no authentication.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { Certificates } from "../dropin/certificates.ts";
import { needProgram } from "../support/programs.ts";
import { assertAlike, type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");

const configs: readonly (readonly [string, string])[] = [
  ["nothing at all", ""],
  ["a token", 'authorization { token: "hidden-token", timeout: 1.5 }'],
  ["one user", 'authorization { user: "u", password: "hidden-password" }'],
  [
    "limits",
    "max_connections: 7\nmax_subscriptions: 9\nmax_payload: 2KB\nmax_pending: 3MB\nmax_control_line: 512\nping_interval: 30\nping_max: 5",
  ],
  ["write deadlines", 'write_deadline: "1500ms"\nwrite_timeout: close'],
  [
    "what it is",
    'server_tags: [b, A]\nserver_metadata { b: "2", a: "<1>" }\nsystem_account: SYS\naccounts { SYS {} }',
  ],
  ["a base path", 'http_base_path: "/x"'],
  ["WebSocket", 'websocket { listen: "127.0.0.1:-1", no_tls: true, compression: true, same_origin: true }'],
  [
    "WebSocket with more",
    'websocket { listen: "127.0.0.1:-1", no_tls: true, allowed_origins: ["http://a"], handshake_timeout: "3s", authorization { timeout: 4 } }',
  ],
  ["no system account", "no_system_account: true\naccounts { A {} }"],
  ["flags", "feature_flags { js_ack_fc_v2: true }"],
];

describe("servers that are configured otherwise, beside a real nats-server", { skip }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "chappe-settings-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const pair = async (config: string): Promise<readonly [Side, Side]> => {
    const text = `http: "127.0.0.1:-1"\nserver_name: side\n${config}`;
    return startBoth(text);
  };
  const compare = async (
    [ours, theirs]: readonly [Side, Side],
    path: string,
    ignoring: readonly string[],
  ): Promise<void> => {
    const [mine, real] = await Promise.all([ours.get(path), theirs.get(path)]);
    assertAlike(mine.body, real.body, path, ignoring);
  };

  for (const [what, config] of configs) {
    test(`/varz with ${what}`, async () => {
      const sides = await pair(config);
      try {
        const base = config.includes("base_path") ? "/x" : "";
        await compare(sides, `${base}/varz`, [
          "subscriptions",
          "total_connections",
          "connections",
          "sublist_stats",
        ]);
        await compare(sides, `${base}/accountz`, []);
        assert.equal((await sides[0].get(`${base}/varz`)).body.includes("hidden"), false);
      } finally {
        await Promise.all(sides.map((side) => side.stop()));
      }
    });
  }

  test("/connz shows how a connection is encrypted, and whose certificate it showed", async () => {
    const certificates = new Certificates();
    const server = {
      cert: certificates.issue({ subject: [["CN", "server"]], hosts: ["127.0.0.1"] }),
      key: certificates.key,
    };
    const subject = [
      ["O", "mill"],
      ["OU", "looms"],
      ["CN", "ada"],
    ] as const;
    const client = { cert: certificates.issue({ subject }), key: certificates.key };
    const write = (name: string, text: string): string => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    };
    const files = `cert_file: "${write("c", server.cert)}", key_file: "${write("k", server.key)}", ca_file: "${write("a", certificates.ca)}"`;
    for (const [version, ciphers] of [
      ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
      ["TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"],
      ["TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305"],
    ] as const) {
      const sides = await pair(`tls { ${files}, verify: true, handshake_first: true }`);
      const sockets = await Promise.all(
        sides.map(async (side) => {
          const { host, port } = side.broker;
          const socket = connect({
            host,
            port,
            ca: certificates.ca,
            ...client,
            minVersion: version,
            maxVersion: version,
            ciphers,
          });
          await once(socket, "secureConnect");
          socket.write('CONNECT {"verbose":false,"tls_required":true,"name":"sealed"}\r\nPING\r\n');
          let heard = "";
          while (!heard.includes("PONG")) heard += String((await once(socket, "data"))[0]);
          return socket;
        }),
      );
      try {
        await compare(sides, "/connz?auth=1", ["pending_bytes"]);
        await compare(sides, "/varz", ["subscriptions", "total_connections"]);
      } finally {
        for (const socket of sockets) socket.destroy();
        await Promise.all(sides.map((side) => side.stop()));
      }
    }
  });
});
