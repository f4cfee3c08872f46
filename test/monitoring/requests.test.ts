// What the system account asks, the server answers as a real nats-server does; and other accounts hear of themselves alone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { needProgram } from "../support/programs.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { accountsConfig, assertAlike, type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");
const ping = (what: string): string => `$SYS.REQ.SERVER.PING.${what}`;

/** Subject and body; ID stands for the server's. */
const questions: readonly (readonly [string, string?])[] = [
  [ping("IDZ")],
  ["$SYS.REQ.SERVER.ID.IDZ"],
  [ping("IDZ"), "not read"],
  [ping("STATSZ"), "{"],
  [ping("STATSZ"), '{"server_name":"nobody"}'],
  [ping("STATSZ"), '{"server_name":7}'],
  [ping("CONNZ"), '{"limit":1}'],
  [ping("CONNZ"), '{"LIMIT":1}'],
  [ping("CONNZ"), '{"limit":-1,"offset":-1}'],
  [ping("CONNZ"), '{"limit":9007199254740993}'],
  [ping("CONNZ"), '{"limit":9223372036854775808}'],
  [ping("CONNZ"), '{"limit":1.5}'],
  [ping("CONNZ"), '{"limit":1e2}'],
  [ping("CONNZ"), '{"limit":"x"}'],
  [ping("CONNZ"), '{"cid":-1}'],
  [ping("CONNZ"), '{"limit":true,"offset":"x"}'],
  [ping("CONNZ"), '{"auth":1}'],
  [ping("CONNZ"), '{"auth":null}'],
  [ping("CONNZ"), '{"tags":["big"]}'],
  [ping("CONNZ"), '{"tags":["BIG","az:one"]}'],
  [ping("CONNZ"), '{"tags":["small"]}'],
  [ping("CONNZ"), '{"tags":1}'],
  [ping("CONNZ"), '{"tags":[1]}'],
  [ping("CONNZ"), '{"host":"127"}'],
  [ping("CONNZ"), '{"host":"10"}'],
  [ping("CONNZ"), '{"host":"127","exact_match":true}'],
  [ping("CONNZ"), '{"server_name":"side","exact_match":true}'],
  [ping("CONNZ"), '{"server_name":"sid"}'],
  [ping("CONNZ"), '{"cluster":"c"}'],
  [ping("CONNZ"), '{"domain":"d"}'],
  [ping("CONNZ"), '{"sort":"nope"}'],
  [ping("CONNZ"), '{"sort":"stop"}'],
  [ping("CONNZ"), '{"sort":"bytes_from"}'],
  [ping("CONNZ"), '{"state":7}'],
  [ping("CONNZ"), '{"state":1}'],
  [ping("CONNZ"), '{"acc":"nope"}'],
  [ping("CONNZ"), '{"acc":"A","auth":true}'],
  [ping("CONNZ"), '{"filter_subject":"foo"}'],
  [ping("CONNZ"), '{"filter_subject":"foo","acc":"A"}'],
  [ping("CONNZ"), '{"filter_subject":"no.*","acc":"A"}'],
  [ping("CONNZ"), '{"filter_subject":">"}'],
  [ping("CONNZ"), '{"user":"a"}'],
  [ping("CONNZ"), '{"subscriptions":true,"acc":"A"}'],
  [ping("CONNZ"), '{"subscriptions_detail":true,"acc":"A"}'],
  [ping("CONNZ"), "null"],
  [ping("CONNZ"), "[1]"],
  [ping("CONNZ"), "7"],
  [ping("CONNZ"), '"text"'],
  [ping("CONNZ"), "true"],
  [ping("CONNZ"), "xyz"],
  [ping("CONNZ"), "{} x"],
  [ping("CONNZ"), "{,}"],
  [ping("CONNZ"), '{"a" 1}'],
  [ping("CONNZ"), '{"a":1 2}'],
  [ping("CONNZ"), "[1 2]"],
  [ping("CONNZ"), '{"a":tru}'],
  [ping("CONNZ"), '{"a":-}'],
  [ping("CONNZ"), '{"a":01}'],
  [ping("CONNZ"), '{"a":1.}'],
  [ping("CONNZ"), '{"a":1e}'],
  [ping("CONNZ"), '{"a":"\\q"}'],
  [ping("CONNZ"), '{"a":"\\u12x"}'],
  [ping("CONNZ"), '{"a":"\n"}'],
  [ping("CONNZ"), "{'a':1}"],
  [ping("CONNZ"), "é"],
  [ping("CONNZ"), " "],
  [ping("CONNZ"), '{"__proto__":{"limit":1},"limit":2}'],
  [ping("SUBSZ"), '{"account":"A"}'],
  [ping("SUBSZ"), '{"account":"A","subscriptions":true}'],
  [ping("SUBSZ"), '{"test":"a.*"}'],
  [ping("SUBSZ"), '{"account":"nope"}'],
  [ping("ROUTEZ")],
  [ping("GATEWAYZ")],
  [ping("GATEWAYZ"), '{"accounts":1}'],
  [ping("LEAFZ")],
  [ping("JSZ")],
  [ping("JSZ"), '{"leader_only":true}'],
  [ping("JSZ"), '{"accounts":"x"}'],
  [ping("HEALTHZ")],
  [ping("HEALTHZ"), '{"details":true}'],
  [ping("HEALTHZ"), '{"stream":"s"}'],
  [ping("HEALTHZ"), '{"stream":"s","details":true}'],
  [ping("HEALTHZ"), '{"js-enabled-only":true}'],
  [ping("HEALTHZ"), '{"js-enabled-only":1}'],
  [ping("ACCOUNTZ")],
  [ping("ACCOUNTZ"), '{"account":"nope"}'],
  [ping("ACCOUNTZ"), '{"account":"B"}'],
  [ping("ACCOUNTZ"), '{"account":7}'],
  [ping("RAFTZ")],
  [ping("PROFILEZ")],
  [ping("PROFILEZ"), '{"name":"no such"}'],
  [ping("NOPE")],
  ["$SYS.REQ.SERVER.ID.JSZ"],
  ["$SYS.REQ.SERVER.other.JSZ"],
  ["$SYS.REQ.ACCOUNT.A.CONNZ"],
  ["$SYS.REQ.ACCOUNT.A.CONNZ", '{"acc":"B"}'],
  ["$SYS.REQ.ACCOUNT.nope.CONNZ"],
  ["$SYS.REQ.ACCOUNT.A.SUBSZ"],
  ["$SYS.REQ.ACCOUNT.A.SUBSZ", '{"account":"B","test":"foo"}'],
  ["$SYS.REQ.ACCOUNT.A.LEAFZ"],
  ["$SYS.REQ.ACCOUNT.A.JSZ"],
  ["$SYS.REQ.ACCOUNT.B.INFO"],
  ["$SYS.REQ.ACCOUNT.nope.INFO"],
  ["$SYS.REQ.ACCOUNT.A.STATZ"],
  ["$SYS.REQ.ACCOUNT.nope.STATZ"],
  ["$SYS.REQ.ACCOUNT.nope.STATZ", '{"include_unused":true}'],
  ["$SYS.REQ.ACCOUNT.$G.STATZ"],
  ["$SYS.REQ.ACCOUNT.$G.STATZ", '{"include_unused":true}'],
  ["$SYS.REQ.ACCOUNT.PING.STATZ", '{"accounts":["A","B","nope"]}'],
  ["$SYS.REQ.ACCOUNT.PING.STATZ", '{"accounts":["nope"]}'],
  ["$SYS.REQ.ACCOUNT.PING.STATZ", '{"accounts":"A"}'],
  ["$SYS.REQ.ACCOUNT.A.CONNS"],
  ["$SYS.REQ.ACCOUNT.A.CONNS", '{"acc":"A"}'],
  ["$SYS.REQ.ACCOUNT.A.CONNS", '{"acc":"nope"}'],
  ["$SYS.REQ.ACCOUNT.NSUBS", '{"acc":"A","subject":"foo"}'],
  ["$SYS.REQ.ACCOUNT.NSUBS", '{"acc":"A","subject":">"}'],
  ["$SYS.REQ.ACCOUNT.NSUBS", '{"acc":"A","subject":"grouped.x","queue":"d29ya2Vycw=="}'],
  ["$SYS.REQ.ACCOUNT.NSUBS", '{"acc":"A","subject":"grouped.x","queue":"bm8="}'],
  ["$SYS.REQ.ACCOUNT.NSUBS"],
  ["$SYS.REQ.ACCOUNT.NSUBS", '{"acc":"nope","subject":"foo"}'],
  ["$SYS.DEBUG.SUBSCRIBERS", "nobody.there"],
  ["$SYS.DEBUG.SUBSCRIBERS"],
  ["$SYS.REQ.SERVER.ID.KICK"],
  ["$SYS.REQ.SERVER.ID.KICK", '{"cid":999999}'],
  ["$SYS.REQ.SERVER.ID.KICK", '{"cid":"x"}'],
  ["$SYS.REQ.SERVER.ID.KICK", "{}"],
  ["$SYS.REQ.SERVER.ID.KICK", '{"cid":999999,"server_name":"nobody"}'],
  ["$SYS.REQ.SERVER.ID.LDM", '{"cid":999999}'],
  ["$SYS.REQ.SERVER.PING.KICK", '{"cid":999999}'],
  ["$SYS.REQ.USER.INFO"],
  ["$SYS.REQ.USER.INFO", "anything"],
];

/** What a member of an ordinary account asks. */
const ownQuestions: readonly (readonly [string, string?])[] = [
  ["$SYS.REQ.USER.INFO"],
  [ping("CONNZ")],
  [ping("CONNZ"), '{"acc":"B","auth":true}'],
  [ping("CONNZ"), '{"limit":"x"}'],
  ["$SYS.REQ.ACCOUNT.PING.CONNZ"],
  ["$SYS.REQ.ACCOUNT.PING.STATZ"],
  ["$SYS.REQ.ACCOUNT.PING.STATZ", '{"accounts":["B"]}'],
  [ping("STATSZ")],
  [ping("VARZ")],
  ["$SYS.REQ.SERVER.PING"],
  ["$SYS.REQ.ACCOUNT.A.CONNZ"],
  ["$SYS.REQ.ACCOUNT.B.CONNZ"],
  ["$SYS.REQ.SERVER.ID.KICK", '{"cid":1}'],
  ["$SYS.REQ.ACCOUNT.B.STATZ"],
  ["$SYS.REQ.ACCOUNT.A.INFO"],
];

/** How many have been asked before does not count. */
const moving = [
  "in_msgs",
  "out_msgs",
  "in_bytes",
  "out_bytes",
  "sent",
  "received",
  "sent_to_clients",
  "received_from_clients",
  "in_client_msgs",
  "in_client_bytes",
  "out_client_msgs",
  "out_client_bytes",
  "pending_bytes",
  "num_subscriptions",
  "http_req_stats",
];

describe("requests to the system account beside a real nats-server", { skip }, () => {
  let ours: Side;
  let theirs: Side;
  const asking = new Map<Side, { readonly sys: RawPeer; readonly a: RawPeer }>();

  before(async () => {
    [ours, theirs] = await startBoth(accountsConfig);
    for (const side of [ours, theirs]) asking.set(side, await arrive(side));
  });
  after(async () => {
    await Promise.all([ours?.stop(), theirs?.stop()]);
  });

  const compare = async (
    who: "sys" | "a",
    subject: string,
    body?: string,
    ignoring = moving,
  ): Promise<void> => {
    const [mine, real] = await Promise.all(
      [ours, theirs].map((side) => side.ask(asking.get(side)![who], subject, body)),
    );
    assertAlike(mine, real, `${subject} ${body ?? ""}`, ignoring);
  };

  test("every question, with every kind of body", async () => {
    for (const [subject, body] of questions) await compare("sys", subject, body);
  });

  test("STATSZ and VARZ, but for how many subscriptions the server has of its own", async () => {
    for (const subject of [
      "$SYS.REQ.SERVER.PING",
      ping("STATSZ"),
      "$SYS.REQ.SERVER.ID.STATSZ",
      ping("VARZ"),
    ]) {
      await compare("sys", subject, "", [...moving, "subscriptions", "total_connections"]);
    }
  });

  test("a member of an ordinary account hears of that account alone", async () => {
    for (const [subject, body] of ownQuestions) await compare("a", subject, body);
  });

  test("an answer comes in gzip to whoever takes that", async () => {
    for (const side of [ours, theirs]) {
      const peer = await side.client({ user: "sys", pass: "secret-of-sys" });
      const headers = "NATS/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
      peer.send(`SUB in 1\r\nHPUB ${ping("VARZ")} in ${headers.length} ${headers.length}\r\n${headers}\r\n`);
      await peer.until(() => /HMSG in 1 +(\d+) (\d+)\r\n/.test(peer.heard), "an answer");
      const [line, headerBytes, total] = /HMSG in 1 +(\d+) (\d+)\r\n/.exec(peer.heard)!;
      const start = peer.heard.indexOf(line) + line.length;
      await peer.until(() => peer.heard.length >= start + Number(total), "all of it");
      const block = peer.heard.slice(start, start + Number(headerBytes));
      const zipped = peer.heard.slice(start + Number(headerBytes), start + Number(total));

      assert.match(block, /Content-Encoding: ?gzip/);
      assert.match(gunzipSync(Buffer.from(zipped, "latin1")).toString(), /"server_name":"side"/);
    }
  });

  test("a client that knows how is told to look for another server", async () => {
    for (const side of [ours, theirs]) {
      const { sys } = asking.get(side)!;
      const warned = await side.client({ user: "b", pass: "secret-of-b", name: "warned" });
      const { data } = JSON.parse((await side.ask(sys, ping("CONNZ"), '{"acc":"B"}'))!) as {
        data: { connections: { cid: number; name: string }[] };
      };
      const { cid } = data.connections.find(({ name }) => name === "warned")!;

      await side.ask(sys, "$SYS.REQ.SERVER.ID.LDM", JSON.stringify({ cid }));

      await warned.until(() => /INFO [^\r]*"ldm":true/.test(warned.heard), "INFO with ldm");
      await side.ask(sys, "$SYS.REQ.SERVER.ID.KICK", JSON.stringify({ cid }));
      await warned.ended();
    }
  });
});

async function arrive(side: Side): Promise<{ sys: RawPeer; a: RawPeer }> {
  const sys = await side.client({ user: "sys", pass: "secret-of-sys", name: "operator" });
  const a = await side.client({ user: "a", pass: "secret-of-a", name: "asking" });
  a.send("SUB foo 1\r\nSUB grouped.* workers 2\r\n");
  await a.sync();
  const b = await side.client({ user: "b", pass: "secret-of-b" });
  b.send("SUB quiet 1\r\nPUB one 500\r\n".concat("x".repeat(500), "\r\n"));
  await b.sync();
  return { sys, a };
}
