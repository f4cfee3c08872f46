import assert from "node:assert/strict";
import { test } from "node:test";
import { Account, newKeys, Realm, type User } from "../../test/support/realm.ts";
import { memoryServer } from "../../test/world/server.ts";

/** What the server says to a user of a strict operator's account, whose signing keys these are. */
async function answer(signingKeys: readonly string[], user: User, account: Account): Promise<string> {
  const realm = new Realm({ strict: true });
  const jwt = realm.accountJwt(account, { nats: { signing_keys: signingKeys } });
  const { connect } = await memoryServer(realm.config({ [account.id]: jwt }, "MEMORY"));
  const peer = connect();
  const { nonce } = JSON.parse(peer.takeHeard().slice("INFO ".length)) as { nonce: string };
  peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...user.proof(nonce) })}\r\nPING\r\n`);
  return peer.takeHeard().trim();
}

const account = new Account("A");
const key = newKeys("account");
const named = { nats: { issuer_account: account.id } };
const violation = "-ERR 'Authorization Violation'";

const rows: readonly [who: string, keys: readonly string[], user: User, answer: string][] = [
  ["its account's own key signed", [key.publicKey], account.user("u"), violation],
  ["its account's own key signed and says so", [key.publicKey], account.user("u", named), violation],
  ["a signing key signed", [key.publicKey], account.user("u", named, key), "PONG"],
  ["its account's own key signed, which is a signing key", [account.id], account.user("u"), "PONG"],
];

for (const [who, keys, user, expected] of rows) {
  const verb = expected === "PONG" ? "lets in" : "refuses";
  test(`a strict operator's server ${verb} a user whom ${who}`, async () => {
    assert.equal(await answer(keys, user, account), expected);
  });
}
