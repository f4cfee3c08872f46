// Whose signature counts: operators and accounts sign with keys of their own or with signing keys, some of which have a
// scope; strict operators want signing keys; claims with mistakes are refused in nats-server's words.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { activation } from "../accounts/stage.ts";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Account, type Claims, newKeys, now, Realm } from "../support/realm.ts";
import { refused, SystemUser, signedIn } from "../support/signed-in.ts";

const violation = "Authorization Violation";

for (const program of brokerPrograms()) {
  describe(`signing keys at ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    let broker: BrokerProcess;
    let system: SystemUser;

    before(async () => {
      broker = await startBrokerProcess(program, realm.config());
      system = await SystemUser.dial(broker.port, realm.system.user("control"));
    });
    after(async () => {
      await system?.close();
      await broker?.stop();
    });

    test("accounts may be signed by the operator or by its signing key, and by nobody else", async () => {
      const [own, signing, foreign] = [new Account("own"), new Account("signing"), new Account("foreign")];
      await system.push(realm.accountJwt(own));
      await system.push(realm.accountJwt(signing, {}, realm.signing));
      await system.push(realm.accountJwt(foreign, {}, newKeys("operator")));

      assert.equal(await refused(broker.port, own.user("u")), "");
      assert.equal(await refused(broker.port, signing.user("u")), "");
      assert.equal(await refused(broker.port, foreign.user("u")), violation);
    });

    test("claims that another operator signed leave an account in use as it was", async () => {
      const account = new Account("kept");
      await system.push(realm.accountJwt(account));
      const peer = await signedIn(broker.port, account.user("u"));

      const closing = { nats: { limits: { conn: 0 } } };
      await system.push(realm.accountJwt(account, closing, newKeys("operator")));

      await peer.sync();
      assert.equal(await refused(broker.port, account.user("v")), "");
      peer.close();
    });

    test("a scoped signing key gives its users the rights of its template, filled in for each", async () => {
      const [account, key] = [new Account("scoped"), newKeys("account")];
      const template = { sub: { allow: ["in.{{name()}}.>"] }, pub: { deny: ["no.{{tag(team)}}"] } };
      await system.push(realm.accountJwt(account, scope(key.publicKey, template)));
      const peer = await signedIn(broker.port, scopedUser(account, key, "joe", ["team:red"]));

      peer.send("SUB in.joe.a 1\r\nSUB in.ann.a 2\r\nPUB no.red 0\r\n\r\nPUB no.blue 0\r\n\r\n");
      await peer.sync(1);

      assert.equal(
        peer.words().replace("PONG\r\n", ""),
        `-ERR 'Permissions Violation for Subscription to "in.ann.a"'\r\n-ERR 'Permissions Violation for Publish to "no.red"'\r\n`,
      );
      peer.close();
    });

    test("a user of a scoped key that states rights of its own is refused", async () => {
      const [account, key] = [new Account("scoped"), newKeys("account")];
      await system.push(realm.accountJwt(account, scope(key.publicKey, {})));
      const states = account.user("u", { nats: { issuer_account: account.id } }, key);

      assert.equal(await refused(broker.port, states), violation);
      assert.equal(await refused(broker.port, scopedUser(account, key, "v")), "");
    });

    test("a user whose template asks for what it does not say is refused", async () => {
      const [account, key] = [new Account("scoped"), newKeys("account")];
      const template = { pub: { deny: ["{{tag(team)}}"] } };
      await system.push(realm.accountJwt(account, scope(key.publicKey, template)));

      assert.equal(await refused(broker.port, scopedUser(account, key, "v")), violation);
    });

    test("users of a scoped key are cut when its scope changes, and others stay", async () => {
      const [account, key, other] = [new Account("scoped"), newKeys("account"), newKeys("account")];
      const keys = (subs: number): Claims => {
        const scopes = [scoped(key.publicKey, { subs }), scoped(other.publicKey, { subs: 9 })];
        return { nats: { signing_keys: scopes } };
      };
      await system.push(realm.accountJwt(account, keys(1)));
      const [cut, kept] = [
        await signedIn(broker.port, scopedUser(account, key, "u")),
        await signedIn(broker.port, scopedUser(account, other, "v")),
      ];

      await system.push(realm.accountJwt(account, keys(2)));
      await cut.ended();
      await kept.sync();

      assert.equal(await refused(broker.port, scopedUser(account, key, "w")), "");
      kept.close();
    });

    const mistaken: readonly [what: string, changes: Claims, told: string][] = [
      [
        "an export within another",
        { nats: { exports: [service("a.*"), service("a.b")] } },
        'jwt validation failed - validation errors: [service export subject "a.*" already exports "a.b"]',
      ],
      [
        "two mistakes",
        { nats: { exports: [service("")], cluster_traffic: "x" } },
        'jwt validation failed - validation errors: [subject cannot be empty unknown cluster traffic option: "x"]',
      ],
      ["a time that is over", { exp: now() - 10 }, "jwt updated"],
      ["a time that is to come", { nbf: now() + 3_600 }, "jwt updated"],
    ];
    for (const [what, changes, told] of mistaken) {
      test(`claims with ${what}, pushed, are answered as the real server does, and let nobody in`, async () => {
        const account = new Account("mistaken");

        assert.equal(await system.told(realm.accountJwt(account, changes)), told);

        assert.equal(await refused(broker.port, account.user("u")), violation);
      });
    }

    test("claims that are out of their time change nothing for those who are in", async () => {
      const account = new Account("in time");
      await system.push(realm.accountJwt(account));
      const peer = await signedIn(broker.port, account.user("u"));

      await system.push(realm.accountJwt(account, { exp: now() - 10 }));

      await peer.sync();
      peer.close();
    });
  });

  describe(`a strict operator's ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm({ strict: true });
    let broker: BrokerProcess;
    let system: SystemUser;

    before(async () => {
      const key = newKeys("account");
      const jwt = realm.accountJwt(realm.system, { nats: { signing_keys: [key.publicKey] } });
      broker = await startBrokerProcess(program, realm.config({ [realm.system.id]: jwt }));
      const user = realm.system.user("control", { nats: { issuer_account: realm.system.id } }, key);
      system = await SystemUser.dial(broker.port, user);
    });
    after(async () => {
      await system?.close();
      await broker?.stop();
    });

    test("an account that the operator's own key signed is refused when it is pushed", async () => {
      const account = new Account("own");
      const jwt = realm.accountJwt(account, {}, realm.keys);
      const why = "jwt update resulted in error - operator requires issuer to be a signing key";

      assert.equal(await system.told(jwt), why);
      const named = await system.answer(`$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`, jwt);
      assert.deepEqual(named.error, { account: account.id, code: 500, description: why });
    });

    test("a user that its account's own key signed is refused; one of its signing key is let in", async () => {
      const [account, key] = [new Account("A"), newKeys("account")];
      await system.push(realm.accountJwt(account, { nats: { signing_keys: [key.publicKey] } }));
      const named = { nats: { issuer_account: account.id } };

      assert.equal(await refused(broker.port, account.user("u")), violation);
      assert.equal(await refused(broker.port, account.user("u", named)), violation);
      assert.equal(await refused(broker.port, account.user("u", named, key)), "");
    });

    test("the account's own key counts where it is one of the signing keys", async () => {
      const account = new Account("A");
      await system.push(realm.accountJwt(account, { nats: { signing_keys: [account.id] } }));

      assert.equal(await refused(broker.port, account.user("u")), "");
    });

    test("a token by the exporter's own key counts as long as it does not name the exporter", async () => {
      const [exporter, key] = [new Account("EX"), newKeys("account")];
      const exports = [{ name: "s", subject: "s", type: "stream", token_req: true }];
      await system.push(realm.accountJwt(exporter, { nats: { exports, signing_keys: [key.publicKey] } }));
      const named = { nats: { issuer_account: exporter.id } };
      const heard: string[] = [];
      for (const [changes, signer] of [
        [{}, exporter.keys],
        [named, exporter.keys],
        [named, key],
      ] as const) {
        const importer = new Account("IM");
        const token = activation(exporter, importer, "stream", "s", changes, signer);
        const imports = [{ name: "i", subject: "s", account: exporter.id, type: "stream", token }];
        const nats = { imports, signing_keys: [importer.id] };
        await system.push(realm.accountJwt(importer, { nats }));
        const listener = await signedIn(broker.port, importer.user("l"));
        listener.send("SUB s 1\r\n");
        await listener.sync(1);
        const speaker = await signedIn(
          broker.port,
          exporter.user("s", { nats: { issuer_account: exporter.id } }, key),
        );
        speaker.send("PUB s 1\r\nx\r\n");
        await speaker.sync(1);
        await listener.sync(1);
        heard.push(listener.words().includes("MSG s 1 1") ? "heard" : "nothing");
        listener.close();
        speaker.close();
      }

      assert.deepEqual(heard, ["heard", "nothing", "heard"]);
    });

    test("accounts are deleted at the word of the operator's signing key, not of its own", async () => {
      const account = new Account("gone");
      await system.push(realm.accountJwt(account));
      const subject = "$SYS.REQ.CLAIMS.DELETE";

      const byOwn = await system.answer(subject, realm.deletion(account));
      const bySigning = await system.answer(subject, realm.deletionBy(realm.signing, account));

      assert.match(byOwn.error?.description ?? "", /^delete accounts request by O\w+ failed - not trusted$/);
      assert.equal(bySigning.data?.message, "deleted 1 accounts");
    });
  });
}

function service(subject: string): Claims {
  return { name: "s", subject, type: "service" };
}

function scoped(key: string, template: Claims): Claims {
  return { kind: "user_scope", key, role: "", template: { subs: -1, data: -1, payload: -1, ...template } };
}

function scope(key: string, template: Claims): Claims {
  return { nats: { signing_keys: [scoped(key, template)] } };
}

/** A user that says nothing of its own. */
function scopedUser(account: Account, key: ReturnType<typeof newKeys>, name: string, tags: string[] = []) {
  const nothing = { pub: {}, sub: {}, subs: 0, data: 0, payload: 0 };
  return account.user(name, { nats: { ...nothing, tags, issuer_account: account.id } }, key);
}
