// How a cell's live connections and stores follow their account's claims, tried on a real nats-server or on ours.
// [nats-server accounts.go updateAccountClaimsWithRefresh, events.go, jetstream_api.go jsLeaderAccountPurgeRequest]
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { brokerBinary } from "./broker.ts";
import { requestTimeoutMs, TestCell } from "./cell.ts";
import { storageLimits, TestAccount } from "./operator.ts";

const binary = brokerBinary();

describe("connections boundary", { skip: "missing" in binary ? binary.missing : false }, () => {
  let cell: TestCell;

  before(async () => {
    cell = await TestCell.start("path" in binary ? binary.path : "", true);
  });

  after(() => cell?.stop());

  test("a lowered connection limit refuses the next connection, a raised one admits it", async () => {
    const account = await cell.pushed("conn", { conn: 1 });
    const user = await account.user("u");
    const first = await cell.dial(user);

    assert.equal(await cell.refusal(user), "maximum account active connections exceeded");
    await cell.push(await cell.operator.sign(account, { limits: { conn: 2 } }));
    const second = await cell.dial(user);

    assert.equal(second.isClosed(), false);
    await Promise.all([first.close(), second.close()]);
  });

  test("a lowered connection limit closes the connections that are too many", async () => {
    const account = await cell.pushed("shrunk");
    const user = await account.user("u");
    const connections = [await cell.dial(user), await cell.dial(user)];

    await cell.push(await cell.operator.sign(account, { limits: { conn: 1 } }));
    await Promise.race(connections.map((connection) => connection.closed()));

    assert.equal(connections.filter((connection) => !connection.isClosed()).length, 1);
    await Promise.all(connections.map((connection) => connection.close()));
  });

  test("a lowered payload limit closes whoever goes beyond it", async () => {
    const account = await cell.pushed("payload", { payload: 64 });
    const user = await account.user("u");
    const [within, beyond] = [await cell.dial(user), await cell.dial(user)];
    await cell.push(await cell.operator.sign(account, { limits: { payload: 32 } }));

    within.publish("fits", "x".repeat(32));
    await within.flush();
    const cut = beyond.closed();
    beyond.publish("large", "x".repeat(33));

    assert.match(String(await cut), /maximum payload/i);
    await within.close();
  });

  test("revoking one user cuts its live connection and refuses it, and nobody else", async () => {
    const account = await cell.pushed("revoke");
    const [bad, good] = [await account.user("bad"), await account.user("good")];
    const [cut, kept] = [await cell.dial(bad), await cell.dial(good)];
    const cutReason = cut.closed();

    const now = Math.floor(Date.now() / 1000) + 1;
    await cell.push(await cell.operator.sign(account, { revocations: { [bad.id]: now } }));
    const error = await cutReason;

    assert.match(String(error), /revoked|authorization/i);
    assert.equal(await cell.refusal(bad), "Authorization Violation");
    await kept.flush();
    await kept.close();
  });

  test("revoking everybody spares only who was issued after the revocation", async () => {
    const account = await cell.pushed("everybody");
    const user = await account.user("u");
    const connections = [await cell.dial(user), await cell.dial(await account.user("v"))];
    const longAgo = Math.floor(Date.now() / 1000) - 1_000;

    await cell.push(await cell.operator.sign(account, { revocations: { "*": longAgo } }));
    const spared = await cell.dial(user);
    await spared.close();
    await cell.push(
      await cell.operator.sign(account, { revocations: { "*": Math.floor(Date.now() / 1000) + 1 } }),
    );
    await Promise.all(connections.map((connection) => connection.closed()));

    assert.equal(await cell.refusal(user), "Authorization Violation");
  });

  test("the live connections of one account are listed with their users, page by page", async () => {
    const account = await cell.pushed("listed");
    const users = [await account.user("a"), await account.user("b"), await account.user("c")];
    const connections = await Promise.all(users.map((user) => cell.dial(user)));
    await Promise.all(connections.map((connection) => connection.flush()));

    const all = await cell.connectionsOf(account.id);
    const pages = [
      await cell.connectionsOf(account.id, { limit: 2 }),
      await cell.connectionsOf(account.id, { limit: 2, offset: 2 }),
    ];

    assert.deepEqual(all.map((row) => row.authorized_user).sort(), users.map((user) => user.id).sort());
    assert.deepEqual(new Set(all.map((row) => row.account)), new Set([account.id]));
    assert.deepEqual(
      pages.map((page) => page.length),
      [2, 1],
    );
    assert.deepEqual(
      pages.flat().map((row) => row.cid),
      all.map((row) => row.cid),
    );
    await Promise.all(connections.map((connection) => connection.close()));
  });

  test("an account that nobody uses has no connections", async () => {
    const account = await cell.pushed("idle");

    assert.deepEqual(await cell.connectionsOf(account.id), []);
    assert.deepEqual((await cell.connectionsOf(new TestAccount("unknown").id)) ?? [], []);
  });

  test("a kick closes exactly the connection it names", async () => {
    const account = await cell.pushed("kicked");
    const [victim, bystander] = [
      await cell.dial(await account.user("a"), "victim"),
      await cell.dial(await account.user("b")),
    ];
    const cid = (await cell.connectionsOf(account.id)).find((row) => row.name === "victim")!.cid;

    await cell.askJson(`$SYS.REQ.SERVER.${await cell.serverId()}.KICK`, { cid });
    await victim.closed();

    await bystander.flush();
    assert.equal(bystander.isClosed(), false);
    await bystander.close();
  });

  test("a kick of nobody is answered with an error", async () => {
    const answer = await cell.askJson(`$SYS.REQ.SERVER.${await cell.serverId()}.KICK`, { cid: 999_999_999 });

    assert.deepEqual(answer.error, { code: 500, description: "no such client or leafnode id" });
  });

  test("a purge removes every stream and stored message of the account", async (context) => {
    if (!cell.system.info?.jetstream) return context.skip("this broker has no JetStream");
    const account = await cell.pushed("stored", storageLimits);
    const connection = await cell.dial(await account.user("u"));
    const stream = JSON.stringify({ name: "S", subjects: ["s.>"], storage: "file" });
    await connection.request("$JS.API.STREAM.CREATE.S", stream, { timeout: requestTimeoutMs });
    await connection.request("s.1", "kept", { timeout: requestTimeoutMs });

    const storedBefore = await cell.storedBytes(account.id);
    const purge = (await cell.ask(`$JS.API.ACCOUNT.PURGE.${account.id}`)).json<{ initiated: boolean }>();
    const streams = await connection.request("$JS.API.STREAM.NAMES", "", { timeout: requestTimeoutMs });

    assert.ok(storedBefore > 0, "the message was counted");
    assert.equal(purge.initiated, true);
    assert.equal(streams.json<{ total: number }>().total, 0);
    assert.equal(await cell.storedBytes(account.id), 0);
    await connection.close();
  });

  test("a purge asked of a broker without JetStream finds no responders", async () => {
    const plain = await TestCell.start("path" in binary ? binary.path : "", false);

    const purge = plain.ask(`$JS.API.ACCOUNT.PURGE.${plain.operator.system.id}`);

    await assert.rejects(purge, /no responders/i);
    await plain.stop();
  });
});
