// JWTs with every field missing, mistyped or huge, signed as they should be: admitted or refused as by the real
// nats-server, and the server lives.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Account, newKeys, now, openLimits, Realm, refusal, signedClaims, User } from "../support/realm.ts";
import { accountFields, bent, userFields, values } from "./jwt-fields.ts";
import { mistakes } from "./jwt-mistakes.ts";

const violation = "Authorization Violation";

for (const program of brokerPrograms()) {
  describe(`bent claims at ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    const account = new Account("A");
    let broker: BrokerProcess;
    let system: NatsConnection;

    before(async () => {
      const config = `${realm.config({ [account.id]: realm.accountJwt(account) })}\nmax_control_line: 1MB`;
      broker = await startBrokerProcess(program, config);
      const authenticator = credsAuthenticator(Buffer.from(realm.system.user("control").creds));
      system = await connect({ port: broker.port, authenticator, reconnect: false });
    });
    after(async () => {
      await system?.close();
      await broker?.stop();
    });

    for (const [field, verdicts] of Object.entries(userFields)) {
      test(`a user's ${field}`, async () => {
        let heard = "";
        for (const [, json] of values) heard += letter(await signIn(field, json));

        assert.equal(heard, verdicts);
      });
    }

    for (const [field, verdicts] of Object.entries(accountFields)) {
      test(`an account's ${field}`, async () => {
        let heard = "";
        for (const [, json] of values) heard += await pushAndUse(field, json);

        assert.equal(heard, verdicts);
      });
    }

    for (const [name, bend] of mistakes) {
      test(`${name} is refused`, async () => {
        const user = account.user("u");

        assert.equal(await refusal(broker.port, (nonce) => bend(user, String(nonce), account)), violation);
      });
    }

    test("a signature may be written in standard base64 too", async () => {
      const user = account.user("u");
      const sign = (nonce: unknown) => user.keys.sign(Buffer.from(String(nonce))).toString("base64");

      assert.equal(await refusal(broker.port, (nonce) => ({ jwt: user.jwt, sig: sign(nonce) })), "");
    });

    test("after all that the server serves", async () => {
      const user = account.user("u");

      assert.equal(await refusal(broker.port, (nonce) => user.proof(nonce)), "");
    });

    function signIn(field: string, json: string | undefined): Promise<string> {
      const keys = newKeys("user");
      const nats = { pub: {}, sub: {}, resp: {}, subs: -1, data: -1, payload: -1, type: "user", version: 2 };
      const common = { jti: "x", iat: now(), iss: account.id, sub: keys.publicKey, name: "u" };
      // An empty `resp` would mean: publish nothing but responses.
      const claims = {
        ...common,
        nats: field.startsWith("nats.resp.") ? nats : { ...nats, resp: undefined },
      };
      const user = new User(keys, signedClaims(bent(claims, field, json), account.keys));
      return refusal(broker.port, (nonce) => user.proof(nonce));
    }

    async function pushAndUse(field: string, json: string | undefined): Promise<string> {
      const pushed = new Account("bent");
      const nats = { limits: openLimits, type: "account", version: 2 };
      const common = {
        jti: "x",
        iat: now(),
        iss: realm.keys.publicKey,
        sub: pushed.id,
        name: "bent",
        nats,
      };
      const jwt = signedClaims(bent(common, field, json), realm.keys);
      const answer = (await system.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: 5_000 })).json<{
        data?: { code: number };
      }>();
      if (answer.data?.code !== 200) return "u";
      const user = pushed.user("u");
      return letter(await refusal(broker.port, (nonce) => user.proof(nonce)));
    }
  });
}

function letter(refused: string): string {
  if (refused === "") return "a";
  if (refused === "maximum account active connections exceeded") return "m";
  return refused === violation ? "r" : `<${refused}>`;
}
