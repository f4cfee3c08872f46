// Monitoring in operator mode: accounts and users that come by JWT, on both servers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Account, Realm, type User } from "../support/realm.ts";
import { assertAlike, messageTo, type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");

describe("monitoring in operator mode beside a real nats-server", { skip }, () => {
  const realm = new Realm();
  const shop = new Account("shop");
  const operator = realm.system.user("operator");
  const clerk = shop.user("clerk", {
    nats: { tags: ["night", "till:2"], pub: { allow: ["sale.>"] }, subs: 10 },
  });
  const bearer = shop.user("bearer", { nats: { bearer_token: true } });
  const shopJwt = realm.accountJwt(shop, {
    nats: {
      tags: ["retail"],
      exports: [{ name: "prices", subject: "price.>", type: "stream" }],
      mappings: { "old.sale": [{ subject: "sale.old", weight: 100 }] },
      revocations: { [shop.user("gone").id]: 1_700_000_000 },
    },
  });
  let ours: Side;
  let theirs: Side;
  const watchers = new Map<Side, RawPeer>();

  before(async () => {
    const config = `http: "127.0.0.1:-1"\nserver_name: side\n${realm.config({ [shop.id]: shopJwt })}`;
    [ours, theirs] = await startBoth(config);
    for (const side of [ours, theirs]) {
      const watcher = await signedIn(side, operator, "watcher");
      watcher.send("SUB $SYS.ACCOUNT.> 1\r\n");
      await watcher.sync();
      watchers.set(side, watcher);
      await signedIn(side, clerk, "clerk");
      await signedIn(side, bearer, "bearer");
    }
  });
  after(async () => {
    await Promise.all([ours?.stop(), theirs?.stop()]);
  });

  /** What the desks have to answer is not compared here. */
  const moving = ["in_msgs", "in_bytes", "out_msgs", "out_bytes", "subscriptions", "pending_bytes"];
  const compare = async (path: string, ignoring: readonly string[] = []): Promise<void> => {
    const [mine, real] = await Promise.all([ours.get(path), theirs.get(path)]);
    assertAlike(mine.body, real.body, path, ignoring);
  };

  test("connections show whose they are, and no JWT that would let its reader in", async () => {
    await compare("/connz?auth=1", moving);
    await compare(`/connz?auth=1&acc=${shop.id}`, moving);
    await compare(`/connz?auth=1&user=${clerk.id}`, moving);
    const { body } = await ours.get("/connz?auth=1&state=any");
    assert.ok(body.includes(clerk.jwt));
    assert.equal(body.includes(bearer.jwt), false);
  });

  test("an account shows its claims", async () => {
    await compare(`/accountz?acc=${shop.id}`, ["imports", "sublist_stats", "subscriptions"]);
    const decoded = async (side: Side): Promise<unknown> => {
      const { body } = await side.get(`/accountz?acc=${shop.id}`);
      return (JSON.parse(body) as { account_detail: { decoded_jwt: { sub: string; iss: string } } })
        .account_detail.decoded_jwt.sub;
    };
    assert.equal(await decoded(ours), await decoded(theirs));
  });

  test("account statistics show the name that the claims give", async () => {
    const rows = async (side: Side): Promise<unknown> => {
      const { body } = await side.get("/accstatz?unused=1");
      const list = (JSON.parse(body) as { account_statz: { acc: string; name: string; conns: number }[] })
        .account_statz;
      return list
        .map(({ acc, name, conns }) => [acc, name, conns])
        .filter(([acc]) => acc !== "$G")
        .sort();
    };
    assert.deepEqual(await rows(ours), await rows(theirs));
  });

  test("/varz shows the trusted operators", async () => {
    await compare("/varz", [
      "subscriptions",
      "total_connections",
      "http_req_stats",
      ...moving,
      "in_client_msgs",
      "in_client_bytes",
      "out_client_msgs",
      "out_client_bytes",
    ]);
  });

  test("a client that comes is told of with its claims; a JWT that is a password is not told", async () => {
    const subject = `$SYS.ACCOUNT.${shop.id}.CONNECT`;
    const connected = async (side: Side): Promise<string> => {
      const watcher = watchers.get(side)!;
      await watcher.until(() => messageTo(watcher.heard, subject) !== undefined, subject);
      return messageTo(watcher.heard, subject)!;
    };

    assertAlike(await connected(ours), await connected(theirs), subject);
    const watcher = watchers.get(ours)!;
    await watcher.until(() => watcher.heard.includes('"name":"bearer"'), "the bearer's arrival");
    assert.equal(watcher.heard.includes(bearer.jwt), false);
  });
});

async function signedIn(side: Side, user: User, name: string): Promise<RawPeer> {
  const peer = await RawPeer.dial(side.broker.port);
  const { nonce } = await peer.greeting();
  side.keep(peer);
  const options = { verbose: false, pedantic: false, protocol: 1, headers: true, name, ...user.proof(nonce) };
  peer.send(`CONNECT ${JSON.stringify(options)}\r\n`);
  await peer.sync();
  return peer;
}
