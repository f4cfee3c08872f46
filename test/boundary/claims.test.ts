// How a cell takes, tells and forgets accounts, tried on a server: the same suite runs against a real nats-server
// and against ours, because a cell may be either. [nats-server accounts.go DirAccResolver]
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { headers } from "@nats-io/transport-node";
import { brokerBinary } from "./broker.ts";
import { type Answer, requestTimeoutMs, TestCell } from "./cell.ts";
import { TestAccount, TestOperator } from "./operator.ts";

const binary = brokerBinary();

describe("claims boundary", { skip: "missing" in binary ? binary.missing : false }, () => {
  let cell: TestCell;

  before(async () => {
    cell = await TestCell.start("path" in binary ? binary.path : "", true);
  });

  after(() => cell?.stop());

  test("an account that was never pushed is refused", async () => {
    const stranger = await new TestAccount("stranger").user("u");

    assert.equal(await cell.refusal(stranger), "Authorization Violation");
  });

  test("a pushed account's user connects and hears what its account publishes, no other account's", async () => {
    const [alpha, beta] = [await cell.pushed("alpha"), await cell.pushed("beta")];
    const [subscriber, publisher, outsider] = await Promise.all(
      [alpha, alpha, beta].map(async (account) => cell.dial(await account.user("u"))),
    );
    const inbox = subscriber!.subscribe("greeting", { max: 1 });
    await subscriber!.flush();

    outsider!.publish("greeting", "from outside");
    await outsider!.flush();
    publisher!.publish("greeting", "from inside");
    const heard: string[] = [];
    for await (const message of inbox) heard.push(message.string());

    assert.deepEqual(heard, ["from inside"]);
    await Promise.all([subscriber, publisher, outsider].map((connection) => connection!.close()));
  });

  test("pushing an account names the account and the server that took it", async () => {
    const account = new TestAccount("named");

    const answer = await cell.askJson("$SYS.REQ.CLAIMS.UPDATE", await cell.operator.sign(account));

    assert.deepEqual(answer.data, { account: account.id, code: 200, message: "jwt updated" });
    assert.equal(answer.server?.name, "boundary");
    assert.match(answer.server?.id ?? "", /^N[A-Z2-7]{55}$/);
  });

  test("an account can be pushed to a subject of its own, and to no other account's", async () => {
    const [account, other] = [new TestAccount("own"), new TestAccount("other")];
    const jwt = await cell.operator.sign(account);

    const taken = await cell.askJson(`$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`, jwt);
    const refused = await cell.askJson(`$SYS.REQ.ACCOUNT.${other.id}.CLAIMS.UPDATE`, jwt);

    assert.equal(taken.data?.code, 200);
    assert.equal(refused.error?.code, 500);
    assert.match(refused.error?.description ?? "", /subject does not match jwt content/);
  });

  test("what is no account JWT is refused without naming an account", async () => {
    const userJwt = Buffer.from((await cell.operator.system.user("u")).creds)
      .toString()
      .split("\n")[1]!;
    for (const text of ["", "garbage", "a.b.c", userJwt]) {
      const answer = await cell.askJson("$SYS.REQ.CLAIMS.UPDATE", text);

      assert.equal(answer.error?.account, "n/a", text);
      assert.equal(answer.error?.code, 500, text);
      assert.match(answer.error?.description ?? "", /^jwt update resulted in error - /, text);
    }
  });

  test("a forged signature is refused and leaves the claims as they were", async () => {
    const account = new TestAccount("forged");
    const good = await cell.operator.sign(account);
    await cell.push(good);
    const [head, body] = (await cell.operator.sign(account, { limits: { conn: 0 } })).split(".");
    const forged = `${head}.${body}.${good.split(".")[2]}`;

    const answer = await cell.askJson("$SYS.REQ.CLAIMS.UPDATE", forged);

    assert.equal(answer.error?.code, 500);
    assert.equal(await cell.lookup(account.id), good);
  });

  test("another operator's account is taken, but nobody gets in by it", async () => {
    const account = new TestAccount("foreign");

    await cell.push(await new TestOperator().sign(account));

    assert.equal(await cell.refusal(await account.user("u")), "Authorization Violation");
  });

  test("lookup answers the very text that was pushed, and nothing for an unknown account", async () => {
    const account = new TestAccount("text");
    const [first, second] = [
      await cell.operator.sign(account),
      await cell.operator.sign(account, { limits: { subs: 9 } }),
    ];

    await cell.push(first);
    const afterFirst = await cell.lookup(account.id);
    await cell.push(second);

    assert.equal(afterFirst, first);
    assert.equal(await cell.lookup(account.id), second);
    assert.equal(await cell.lookup(new TestAccount("unknown").id), "");
  });

  test("an update travelling with headers is taken all the same", async () => {
    const account = new TestAccount("with headers");
    const jwt = await cell.operator.sign(account);
    const extra = headers();
    extra.set("Trace", "1");

    const reply = await cell.system.request("$SYS.REQ.CLAIMS.UPDATE", jwt, {
      headers: extra,
      timeout: requestTimeoutMs,
    });

    assert.equal(reply.json<Answer>().data?.code, 200);
    assert.equal(await cell.lookup(account.id), jwt);
  });

  test("list names every account once, the system account too", async () => {
    const [one, two] = [await cell.pushed("one"), await cell.pushed("two")];

    const answer = await cell.askJson("$SYS.REQ.CLAIMS.LIST");

    const ids = answer.data as unknown as readonly string[];
    for (const id of [one.id, two.id, cell.operator.system.id]) {
      assert.equal(ids.filter((listed) => listed === id).length, 1, id);
    }
  });

  test("a deleted account is forgotten, its connections are cut and its users refused", async () => {
    const [gone, kept] = [await cell.pushed("gone"), await cell.pushed("kept")];
    const user = await gone.user("u");
    const connection = await cell.dial(user);
    const cut = connection.closed();

    const answer = await cell.askJson("$SYS.REQ.CLAIMS.DELETE", await cell.operator.deletion([gone.id]));
    await cut;

    assert.deepEqual(answer.data, { code: 200, message: "deleted 1 accounts" });
    assert.equal(await cell.lookup(gone.id), "");
    const listed = (await cell.askJson("$SYS.REQ.CLAIMS.LIST")).data as unknown as readonly string[];
    assert.equal(listed.includes(gone.id), false);
    assert.equal(listed.includes(kept.id), true);
    assert.equal(await cell.refusal(user), "Authorization Violation");
  });

  test("a deleted account can be pushed again", async () => {
    const account = await cell.pushed("phoenix");
    await cell.askJson("$SYS.REQ.CLAIMS.DELETE", await cell.operator.deletion([account.id]));

    await cell.push(await cell.operator.sign(account));
    const connection = await cell.dial(await account.user("u"));

    await connection.flush();
    await connection.close();
  });

  test("only the operator deletes, and never the system account", async () => {
    const account = await cell.pushed("safe");
    const foreign = await cell.askJson(
      "$SYS.REQ.CLAIMS.DELETE",
      await new TestOperator().deletion([account.id]),
    );
    const systemAccount = await cell.askJson(
      "$SYS.REQ.CLAIMS.DELETE",
      await cell.operator.deletion([cell.operator.system.id]),
    );
    const malformed = await cell.askJson(
      "$SYS.REQ.CLAIMS.DELETE",
      await cell.operator.deletion(["no account"]),
    );

    assert.match(foreign.error?.description ?? "", /^delete accounts request by O\w+ failed - not trusted$/);
    assert.match(systemAccount.error?.description ?? "", /failed - not allowed to delete system account$/);
    assert.match(malformed.error?.description ?? "", /failed - malformed request$/);
    assert.notEqual(await cell.lookup(account.id), "");
  });

  test("the system account's subjects are closed to every other account", async () => {
    const account = await cell.pushed("tenant");
    const connection = await cell.dial(await account.user("u"));

    for (const subject of [
      "$SYS.REQ.CLAIMS.LIST",
      "$SYS.REQ.SERVER.PING.IDZ",
      `$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.LOOKUP`,
    ]) {
      await assert.rejects(
        connection.request(subject, "", { timeout: requestTimeoutMs }),
        /no responders/i,
        subject,
      );
    }
    await connection.close();
  });
});
