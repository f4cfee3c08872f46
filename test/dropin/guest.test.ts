// Who gets in without credentials, and what INFO says about it, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

interface Case {
  readonly name: string;
  readonly config: string;
  /** INFO's auth_required. */
  readonly announced: boolean;
  /** What comes of a PUB without CONNECT, and of a CONNECT that says nothing. */
  readonly silent: "in" | "out";
  readonly anonymous: "in" | "out";
}

const user = "{ user: ada, password: x }";
const cases: readonly Case[] = [
  { name: "nothing configured", config: "", announced: false, silent: "in", anonymous: "in" },
  {
    name: "users",
    config: `authorization { users: [ ${user} ] }`,
    announced: true,
    silent: "out",
    anonymous: "out",
  },
  {
    name: "a no_auth_user",
    config: `authorization { users: [ ${user} ] }, no_auth_user: ada`,
    announced: false,
    silent: "in",
    anonymous: "in",
  },
  {
    name: "a system account with the only users",
    config: `system_account: S, accounts { S { users: [ ${user} ] } }`,
    announced: true,
    silent: "in",
    anonymous: "in",
  },
  {
    name: "users of the system account and of another",
    config: `system_account: S, accounts { S { users: [ ${user} ] }, A { users: [ { user: bob, password: y } ] } }`,
    announced: true,
    silent: "out",
    anonymous: "out",
  },
];

for (const program of brokerPrograms()) {
  describe(`without credentials, on ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    for (const { name, config, announced, silent, anonymous } of cases) {
      test(`${name}: silent ones are ${silent}, anonymous ones ${anonymous}`, async () => {
        const running = new Running(program, ["-c", "s.conf"], {
          "s.conf": `host: 127.0.0.1, port: -1\n${config}`,
        });
        started.push(running);
        const port = await running.port();
        const outcome = async (says: string): Promise<string> => {
          const peer = await RawPeer.dial(port);
          assert.equal((await peer.greeting()).auth_required ?? false, announced);
          peer.send(says);
          await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
          peer.close();
          return peer.heard.includes("PONG") ? "in" : "out";
        };

        assert.equal(await outcome("PUB a 1\r\nx\r\nPING\r\n"), silent);
        assert.equal(await outcome('CONNECT {"verbose":false}\r\nPING\r\n'), anonymous);
      });
    }
  });
}
