// nats-server's security advisories that concern core NATS, each as a test that stays. Named after the advisory, so
// that whoever meets one can find ours. Those about links between accounts and about WebSocket stand in files of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../world/clock.ts";
import type { Peer } from "../world/network.ts";
import { type MemoryServer, memoryServer } from "../world/server.ts";
import { Account, Realm, signIn } from "./realm.ts";

const twoTenants = `
  accounts { A { users: [ { user: a, password: a } ] }, B { users: [ { user: b, password: b } ] },
             SYS { users: [ { user: sys, password: sys } ] } }
  system_account: SYS`;

test("CVE-2020-26892: an expired user, an expired account and a revoked user get nowhere, and are cut when they are in", async () => {
  const realm = new Realm();
  const account = new Account("tenant");
  const { connect, clock } = await realm.server([account]);
  const now = Math.floor(ManualClock.begin / 1_000);
  const user = account.user({ exp: now + 60 });

  assert.match(signIn(connect(), account.user({ exp: now - 1 })), /Authorization Violation/);
  const live = connect();
  assert.match(signIn(live, user), /^PONG/);
  clock.advance(61_000);

  assert.match(live.heard, /-ERR 'User Authentication Expired'/);
  assert.ok(live.closed);
});

test("CVE-2020-26892: a revocation of everybody spares only who was issued after it", async () => {
  const realm = new Realm();
  const account = new Account("tenant");
  const now = Math.floor(ManualClock.begin / 1_000);
  const { connect } = await realm.server([account], { revocations: { "*": now } });

  assert.match(signIn(connect(), account.user({ iat: now - 1 })), /Authorization Violation/);
  assert.match(signIn(connect(), account.user({ iat: now })), /Authorization Violation/);
  assert.match(signIn(connect(), account.user({ iat: now + 1 })), /^PONG/);
});

test("CVE-2022-24450: no CONNECT chooses its account", async () => {
  for (const claim of [{ account: "SYS" }, { account: "B", new_account: true }, { new_account: true }]) {
    const { connect } = await memoryServer(twoTenants);
    const peer = connect();
    peer.takeHeard();

    say(peer, { user: "a", pass: "a", ...claim });

    assert.equal(peer.heard, "-ERR 'Authorization Violation'\r\n", JSON.stringify(claim));
    assert.ok(peer.closed);
  }
});

test("CVE-2022-24450: fields that CONNECT does not know change nothing", async () => {
  const world = await memoryServer(twoTenants);
  const peer = world.client({ user: "a", pass: "a", acc: "SYS", remote_account: "SYS", is_system: true });

  peer.send("SUB $SYS.> 1\r\nSUB > 2\r\nPING\r\n");
  const system = world.client({ user: "sys", pass: "sys" });
  system.send("PUB $SYS.x 0\r\n\r\nPUB y 0\r\n\r\n");

  assert.ok(!peer.heard.includes("MSG"));
});

test("CVE-2022-28357: only an account key names a file of claims", async () => {
  const realm = new Realm();
  const { connect } = await realm.server([new Account("tenant")]);
  const system = connect();
  signIn(system, realm.system.user({}));
  system.send("SUB r.* 1\r\n");

  for (const id of ["..", "../x", "%2e%2e", `${"A".repeat(65_000)}`.slice(0, 3_900), "a\0b", "CON"]) {
    system.send(`PUB $SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP r.1 0\r\n\r\n`);
    system.send(`PUB $SYS.REQ.ACCOUNT.${id}.CLAIMS.UPDATE r.2 1\r\nx\r\n`);
  }
  system.send("PING\r\n");

  assert.match(system.heard, /PONG\r\n$/);
  assert.ok(!/MSG r\.1 1 [1-9]/.test(system.heard), "no look-up found anything");
});

test("CVE-2023-47090: accounts without an anonymous user admit nobody anonymous", async () => {
  for (const config of [twoTenants, "accounts { A { users: [ { user: a, password: a } ] } }"]) {
    const { connect } = await memoryServer(config);
    const peer = connect();
    peer.takeHeard();

    say(peer, {});

    assert.equal(peer.heard, "-ERR 'Authorization Violation'\r\n", config);
  }
});

test("CVE-2023-47090: where only the system account has users, the anonymous are outside it", async () => {
  const world = await memoryServer(
    "accounts { SYS { users: [ { user: s, password: s } ] } }\nsystem_account: SYS",
  );
  const anonymous = world.client();
  anonymous.send("SUB > 1\r\nSUB $SYS.> 2\r\nPING\r\n");
  assert.match(anonymous.takeHeard(), /PONG/);

  world.client({ user: "s", pass: "s" }).send("PUB $SYS.x 0\r\n\r\nPUB y 0\r\n\r\n");

  assert.equal(anonymous.heard, "");
});

test("2026-16, 2026-24: nothing gets past a peer that must authenticate, whatever it says first", async () => {
  const starts = [
    "PING\r\n",
    "PUB x 1\r\nx\r\n",
    "SUB > 1\r\n",
    "HPUB x 12 12\r\nNATS/1.0\r\n\r\n\r\n",
    "UNSUB 1\r\n",
    "INFO {}\r\n",
    "+OK\r\n",
    "-ERR\r\n",
  ];
  for (const config of [
    twoTenants,
    "authorization { token: t }",
    "authorization { users: [ { user: a, password: a } ] }",
  ]) {
    for (const start of starts) {
      const world = await memoryServer(config);
      const witness = world.client({ user: "a", pass: "a", auth_token: "t" });
      witness.send("SUB x 1\r\n");
      const peer = world.connect();
      peer.takeHeard();

      peer.send(`${start}CONNECT {}\r\nPUB x 1\r\nx\r\n`);

      assert.equal(peer.heard, "-ERR 'Authorization Violation'\r\n", `${config} ${start}`);
      assert.ok(peer.closed);
      assert.ok(!witness.heard.includes("MSG"));
    }
  }
});

test("2026-16, 2026-24: the user for who says nothing keeps its permissions before CONNECT too", async () => {
  const world = await memoryServer(`
    authorization { users: [ { user: any, password: x, permissions: { publish: "open", subscribe: "open" } },
                             { user: all, password: y } ] }
    no_auth_user: any`);
  const witness = world.client({ user: "all", pass: "y" });
  witness.send("SUB > 1\r\n");
  const peer = world.connect();
  peer.takeHeard();

  peer.send("PUB closed 0\r\n\r\nSUB closed 1\r\nPUB open 0\r\n\r\n");

  assert.match(peer.heard, /Permissions Violation for Publish to "closed"/);
  assert.match(peer.heard, /Permissions Violation for Subscription to "closed"/);
  assert.equal(witness.heard, "MSG open 1 0\r\n\r\n");
});

test("CVE-2026-29785, -33218, 2026-19: what routes and leaf nodes say is no command of a client", async () => {
  for (const line of [
    "LS+ foo\r\n",
    "LS- foo\r\n",
    "LMSG foo 1\r\nx\r\n",
    "RS+ A foo\r\n",
    "RS- A foo\r\n",
    "RMSG A foo 1\r\nx\r\n",
    "A+ A\r\n",
    "A- A\r\n",
  ]) {
    const { client } = await memoryServer();
    const peer = client();

    peer.send(line);

    assert.equal(peer.heard, "-ERR 'Unknown Protocol Operation'\r\n", line);
    assert.ok(peer.closed);
  }
});

test("CVE-2026-33246, -33223: no client speaks as the server about who asks", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB service 1\r\n");
  const forger = client();
  const headers = 'NATS/1.0\r\nNats-Request-Info: {"acc":"SYS","user":"admin"}\r\n\r\n';

  forger.send(`HPUB service r ${headers.length} ${headers.length}\r\n${headers}\r\n`);
  forger.send("PUB _R_.forged 0\r\n\r\nPUB x _R_.forged 0\r\n\r\n");

  // Within an account headers are the publisher's own words; it is the crossing into another that rewrites them.
  assert.match(forger.heard, /Permissions Violation for Publish with Reply of "_R_.forged"/);
});

test("2026-23: keys and signatures of any length are refused, not stumbled over", async () => {
  const realm = new Realm();
  const account = new Account("tenant");
  const { connect } = await realm.server([account]);
  const good = account.user({});
  for (let length = 0; length <= 200; length += 7) {
    for (const field of ["iss", "sub", "issuer_account"]) {
      // An empty issuer account is none: the issuer itself is the account.
      if (length === 0 && field === "issuer_account") continue;
      const text = "U".repeat(length);
      const bent = account.user(
        field === "issuer_account" ? { nats: { issuer_account: text } } : { [field]: text },
      );
      assert.match(signIn(connect(), bent), /Authorization Violation/, `${field} ${length}`);
    }
    const peer = connect();
    peer.takeHeard();
    say(peer, { jwt: good.jwt, sig: Buffer.alloc(length, 7).toString("base64url") });
    assert.equal(peer.heard, "-ERR 'Authorization Violation'\r\n", `signature of ${length}`);
  }
});

test("2026-23: a signature is good for one nonce only", async () => {
  const realm = new Realm();
  const account = new Account("tenant");
  const { connect } = await realm.server([account]);
  const first = connect();
  const user = account.user({});
  const proof = user.proof(nonceOf(first));
  first.takeHeard();
  say(first, proof);
  first.send("PING\r\n");
  assert.match(first.heard, /PONG/);
  const second = connect();
  second.takeHeard();

  say(second, proof);

  assert.equal(second.heard, "-ERR 'Authorization Violation'\r\n");
});

test("2026-28: pages of connections may be asked for with any numbers", async () => {
  const world = await memoryServer(twoTenants);
  const system = world.client({ user: "sys", pass: "sys" });
  system.send("SUB r 1\r\n");
  for (const value of [
    "-1",
    "2147483648",
    "9007199254740993",
    "9223372036854775808",
    "1e308",
    "-1e308",
    '"x"',
    "null",
    "1.5",
    "{}",
    "[1]",
  ]) {
    for (const field of ["offset", "limit", "cid", "state", "sort"]) {
      const body = `{"${field}":${value}}`;
      system.send(`PUB $SYS.REQ.SERVER.PING.CONNZ r ${body.length}\r\n${body}\r\n`);
    }
  }
  system.send("PING\r\n");

  assert.match(system.heard, /PONG\r\n/);
  assert.ok(!system.closed);
});

test("CVE-2026-33216, -33247: passwords, tokens and bearer JWTs are in no answer about connections", async () => {
  const world = await memoryServer(`
    accounts { A { users: [ { user: a, password: "hunter2-secret" } ] }, SYS { users: [ { user: sys, password: "sys-secret" } ] } }
    system_account: SYS`);
  world.client({ user: "a", pass: "hunter2-secret" });
  const system = world.client({ user: "sys", pass: "sys-secret" });
  system.send("SUB r 1\r\nSUB $SYS.ACCOUNT.> 2\r\n");
  world.client({ user: "a", pass: "hunter2-secret" }).hangUp();
  const wrong = world.connect();
  say(wrong, { user: "a", pass: "almost-hunter2-secret" });

  const body = '{"auth":true,"subscriptions_detail":true,"state":2}';
  system.send(`PUB $SYS.REQ.SERVER.PING.CONNZ r ${body.length}\r\n${body}\r\n`);

  assert.match(system.heard, /authorized_user/);
  assert.ok(!system.heard.includes("secret"));
});

test("a name with a line's end never reaches another peer's protocol", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB > 1\r\n");
  const peer = client({ name: "x\r\nMSG evil 1 0\r\n", lang: "y\r\n", version: "z\r\n" });

  peer.send("PUB \ra\r 0\r\n\r\nPUB fine 0\r\n\r\n");

  assert.ok(!subscriber.heard.includes("evil"));
});

function say(peer: Peer, options: object): void {
  peer.send(
    `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, headers: true, protocol: 1, ...options })}\r\n`,
  );
}

function nonceOf(peer: Peer): string {
  return /"nonce":"([^"]+)"/.exec(peer.heard)![1]!;
}

export type { MemoryServer };
