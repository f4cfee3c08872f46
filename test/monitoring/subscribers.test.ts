// How many subscribers a subject has, as $SYS.DEBUG.SUBSCRIBERS tells the system account and those who import it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");
const subject = "$SYS.DEBUG.SUBSCRIBERS";

const imported = `{ service: { account: SYS, subject: "${subject}" }`;
const config = `
http: "127.0.0.1:-1"
system_account: SYS
accounts {
  A { users [ { user: a, password: p } ], imports [ ${imported} } ] }
  SHARING { users [ { user: sharing, password: p } ], imports [ ${imported}, share: true } ] }
  RENAMED { users [ { user: renamed, password: p } ], imports [ ${imported}, to: count } ] }
  SYS { users [ { user: sys, password: p } ], exports [ { service: "${subject}" } ] }
}`;

/** What each member of an account has subscribed to, before it asks. */
const subscriptions =
  "SUB foo 1\r\nSUB foo 2\r\nSUB foo.* 3\r\nSUB foo.> workers 4\r\nSUB foo.bar workers 5\r\nSUB foo.bar others 6\r\n" +
  "SUB gone 7\r\nUNSUB 7\r\n";

const questions: readonly string[] = [
  "foo",
  "foo.bar",
  "foo.bar workers",
  "foo.bar others",
  "foo.bar nobody",
  "foo.bar  workers",
  " foo.bar ",
  "foo.*",
  "foo.>",
  "foo.> workers",
  "foo.* workers",
  ">",
  "> others",
  "*",
  "gone",
  "nobody.there",
  "foo workers more",
  "foo..bar",
  "",
];

describe("counts of subscribers beside a real nats-server", { skip }, () => {
  let sides: readonly [Side, Side];
  const members = new Map<Side, ReadonlyMap<string, RawPeer>>();

  const arrive = async (side: Side): Promise<ReadonlyMap<string, RawPeer>> => {
    const peers = new Map<string, RawPeer>();
    for (const user of ["a", "sharing", "renamed", "sys"]) {
      const peer = await side.client({ user, pass: "p" });
      peer.send(subscriptions);
      await peer.sync();
      peers.set(user, peer);
    }
    return peers;
  };

  before(async () => {
    sides = await startBoth(config);
    for (const side of sides) members.set(side, await arrive(side));
  });
  after(() => Promise.all(sides.map((side) => side.stop())));

  for (const [user, asked] of [
    ["a", subject],
    ["sharing", subject],
    ["renamed", "count"],
    ["sys", subject],
  ] as const) {
    test(`asked by ${user}`, async () => {
      const answersOf = async (side: Side): Promise<readonly (string | undefined)[]> => {
        const answers: (string | undefined)[] = [];
        for (const body of questions)
          answers.push(await side.ask(members.get(side)!.get(user)!, asked, body));
        return answers;
      };

      const [mine, real] = await Promise.all(sides.map(answersOf));

      const shown = (answers: readonly (string | undefined)[] | undefined): string[] =>
        questions.map((body, index) => `${JSON.stringify(body)}: ${answers?.[index]}`);
      assert.deepEqual(shown(mine), shown(real));
    });
  }
});
