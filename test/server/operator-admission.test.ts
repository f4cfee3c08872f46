// Who gets in where an operator rules: pinned accounts, bearer tokens, networks and times, the sentinel of those who bring
// no JWT; and a store of accounts that another server compares with its own.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Account, type Claims, newKeys, openLimits, Realm, refusal } from "../support/realm.ts";
import { refused, SystemUser, signedIn } from "../support/signed-in.ts";

const violation = "Authorization Violation";

for (const program of brokerPrograms()) {
  describe(`admission at an operator's ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    const account = new Account("A");
    const known = { [account.id]: realm.accountJwt(account) };
    const ends: (() => Promise<void>)[] = [];
    const started = async (more = "", jwts: Readonly<Record<string, string>> = known) => {
      const broker = await startBrokerProcess(program, `${realm.config(jwts)}\n${more}`);
      ends.unshift(() => broker.stop());
      return broker;
    };
    let shared: Promise<BrokerProcess> | undefined;
    const port = async (): Promise<number> => (await (shared ??= started())).port;
    const systemUser = async (at: number): Promise<SystemUser> => {
      const system = await SystemUser.dial(at, realm.system.user("control"));
      ends.unshift(() => system.close());
      return system;
    };
    after(async () => {
      for (const end of ends) await end();
    });

    test("of pinned accounts and the system account users get in, of others nobody; that is counted", async () => {
      const other = new Account("other");
      const jwts = { ...known, [other.id]: realm.accountJwt(other) };
      const broker = await started(`resolver_pinned_accounts: [ ${account.id} ]`, jwts);
      const system = await systemUser(broker.port);

      assert.equal(await refused(broker.port, account.user("u")), "");
      assert.equal(await refused(broker.port, other.user("u")), violation);
      assert.equal(await refused(broker.port, other.user("v")), violation);
      const varz = (await system.ask("$SYS.REQ.SERVER.PING.VARZ")).json<{ data: Claims }>().data;
      assert.equal(varz.pinned_account_fails, 2);
    });

    test("an account that disallows bearer tokens refuses and cuts them, and lets others in", async () => {
      const strict = new Account("strict");
      const system = await systemUser(await port());
      await system.push(realm.accountJwt(strict));
      const bearer = strict.user("b", { nats: { bearer_token: true } });
      const [cut, kept] = [
        await signedIn(await port(), bearer, { sig: "" }),
        await signedIn(await port(), strict.user("u")),
      ];

      const limits = { ...openLimits, disallow_bearer: true };
      await system.push(realm.accountJwt(strict, { nats: { limits } }));
      await cut.ended();
      await kept.sync();

      assert.match(cut.words(), /-ERR 'Authorization Violation'\r\n$/);
      assert.equal(await refused(await port(), bearer), violation);
      assert.equal(await refused(await port(), strict.user("v")), "");
      kept.close();
    });

    test("a user that must come by a proxy comes by one that is trusted, and by no other way", async () => {
      const [proxy, stranger] = [newKeys("user"), newKeys("user")];
      const broker = await started(`proxies { trusted: [ { key: ${proxy.publicKey} } ] }`);
      const bound = account.user("u", { nats: { proxy_required: true } });
      const by = (keys?: typeof proxy) =>
        refusal(broker.port, (nonce) => {
          const proxy_sig = keys?.sign(Buffer.from(String(nonce))).toString("base64url");
          return { ...bound.proof(nonce), proxy_sig };
        });

      assert.equal(await by(), violation);
      assert.equal(await by(stranger), violation);
      assert.equal(await by(proxy), "");
      assert.equal(await refused(broker.port, account.user("free")), "");
    });

    const sources: readonly [networks: readonly string[], answer: string][] = [
      [["127.0.0.0/8"], ""],
      [["10.0.0.0/8", "127.0.0.1/32"], ""],
      [["::/0", "0.0.0.0/0"], ""],
      [["10.0.0.0/8"], violation],
      [["::1/128"], violation],
    ];
    for (const [networks, answer] of sources) {
      test(`a user that may come from ${networks} is ${answer || "let in"} from 127.0.0.1`, async () => {
        assert.equal(await refused(await port(), account.user("u", { nats: { src: networks } })), answer);
      });
    }

    const ranges: readonly [ranges: readonly (readonly [from: number, to: number])[], answer: string][] = [
      [[[-1, 1]], ""],
      [
        [
          [-3, -2],
          [-2, 1],
        ],
        "",
      ],
      [[[-2, -1]], violation],
      [[[1, 2]], violation],
      [[[1, -1]], violation],
      [[[2, 1]], ""],
    ];
    for (const [hours, answer] of ranges) {
      const said = hours.map(([from, to]) => `${from} h to ${to} h from now`).join(" and from ");
      test(`a user that may stay from ${said} is ${answer || "let in"}`, async () => {
        const times = hours.map(([from, to]) => ({ start: noonAnd(from * 3_600), end: noonAnd(to * 3_600) }));
        const nats = { times, times_location: zoneOfNoon() };

        assert.equal(await refused(await port(), account.user("u", { nats })), answer);
      });
    }

    test("a user is told and cut when its time of day is over", async () => {
      const at = await port();
      const times = [{ start: noonAnd(-60), end: noonAnd(3) }];
      const nats = { times, times_location: zoneOfNoon() };
      const peer = await signedIn(at, account.user("u", { nats }));

      await peer.ended();

      assert.match(peer.words(), /-ERR 'User Authentication Expired'\r\n$/);
    });

    test("who brings no JWT, or what is none, comes in as the sentinel; who brings one as itself", async () => {
      const sentinel = account.user("sentinel", { nats: { bearer_token: true, pub: { deny: ["x"] } } });
      const broker = await started(`default_sentinel: "${sentinel.jwt}"`);
      const answers: string[] = [];
      for (const proof of [{}, { user: "u", pass: "p" }, { jwt: "a.b.c" }, { auth_token: "t" }]) {
        const peer = await signedIn(broker.port, sentinel, { jwt: undefined, sig: undefined, ...proof });
        peer.send("PUB x 0\r\n\r\n");
        await peer.sync(1);
        answers.push(peer.words().replace("PONG\r\n", "").trim());
        peer.close();
      }
      const itself = await signedIn(broker.port, account.user("u"));
      itself.send("PUB x 0\r\n\r\n");
      await itself.sync(1);

      const denied = `-ERR 'Permissions Violation for Publish to "x"'`;
      assert.deepEqual(answers, [denied, denied, denied, denied]);
      assert.equal(itself.words(), "PONG\r\n");
      itself.close();
    });

    test("a sentinel of a scoped key comes in where the key's scope makes it a bearer", async () => {
      const [scoped, key, closed] = [new Account("scoped"), newKeys("account"), newKeys("account")];
      const open = { subs: -1, data: -1, payload: -1 };
      const scopes = [true, false].map((bearer_token) => {
        const { publicKey } = bearer_token ? key : closed;
        return { kind: "user_scope", key: publicKey, role: "", template: { ...open, bearer_token } };
      });
      const jwts = { [scoped.id]: realm.accountJwt(scoped, { nats: { signing_keys: scopes } }) };
      const nothing = { pub: {}, sub: {}, subs: 0, data: 0, payload: 0, issuer_account: scoped.id };
      const answers: string[] = [];
      for (const signer of [key, closed]) {
        const { jwt } = scoped.user("sentinel", { nats: nothing }, signer);
        const broker = await started(`default_sentinel: "${jwt}"`, jwts);
        answers.push(await refusal(broker.port, () => ({})));
      }

      assert.deepEqual(answers, ["", violation]);
    });

    test("a packed store is told to who has another one, account by account, what has expired left out", async () => {
      const broker = await started();
      const system = await systemUser(broker.port);
      await system.push(realm.accountJwt(new Account("expired"), { exp: 1 }));
      const expected: string[] = [];
      for (const { id } of [account, realm.system]) {
        expected.push(`${id}|${(await system.ask(`$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`)).string()}`);
      }

      const told = await packed(system, "");

      assert.deepEqual(told.toSorted(), expected.toSorted());
    });

    test("a store with the same accounts has nothing to be told", async () => {
      const broker = await started();
      const system = await systemUser(broker.port);
      const lines = await packed(system, "");
      const jwts = lines.map((line) => line.split("|")[1]!);

      assert.deepEqual(await packed(system, hashOf(jwts)), []);
      assert.deepEqual((await packed(system, hashOf(jwts.slice(1)))).toSorted(), lines.toSorted());
    });
  });
}

/** What comes in answer to a request for the store, up to the empty message that ends it. */
async function packed(system: SystemUser, hash: string | Uint8Array): Promise<string[]> {
  const { connection } = system;
  const reply = `pack.${newKeys("user").publicKey}`;
  const messages = connection.subscribe(reply);
  connection.publish("$SYS.REQ.CLAIMS.PACK", hash, { reply });
  const lines: string[] = [];
  for await (const message of messages) {
    if (message.string() === "") break;
    lines.push(message.string());
  }
  return lines;
}

/** [nats-server dirstore.go Hash] */
function hashOf(jwts: readonly string[]): Buffer {
  const sum = Buffer.alloc(32);
  for (const jwt of jwts) {
    const digest = createHash("sha256").update(jwt).digest();
    for (let at = 0; at < sum.length; at++) sum[at]! ^= digest[at]!;
  }
  return sum;
}

/** A zone of the world where it is between noon and one o'clock, so that no range of a test meets midnight by chance. */
function zoneOfNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? "Etc/GMT" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** The time of day there, so many seconds from now. */
function noonAnd(seconds: number): string {
  const ahead = 12 - new Date().getUTCHours();
  const time = new Date(Date.now() + (ahead * 3_600 + seconds) * 1_000);
  return time.toISOString().slice(11, 19);
}
