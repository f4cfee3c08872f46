import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/assert.ts";
import { Claims } from "./claims.ts";
import { TableLine } from "./regions.testing.ts";

const account = `A${"B".repeat(55)}`;
const updated = { server: { id: "N1" }, data: { account, code: 200, message: "jwt updated" } };
const failed = (description: string) => ({
  server: { id: "N1" },
  error: { account, code: 500, description },
});

function claimsOver(...lines: readonly TableLine[]): Claims {
  const queue = [...lines];
  let line = queue.shift()!;
  return new Claims(async () => (line = line.isOpen ? line : queue.shift()!));
}

/** A deletion's claim as far as anybody here reads it. */
const deletion = `h.${Buffer.from(JSON.stringify({ nats: { accounts: [account] } })).toString("base64url")}.s`;

describe("claims of a cell", () => {
  test("a push that the server confirms resolves, one that it refuses says why", async () => {
    const good = new TableLine(() => [updated]);
    const bad = new TableLine(() => [failed("jwt validation failed - no")]);

    await claimsOver(good).push("a.b.c");

    assert.deepEqual(good.asked, [{ subject: "$SYS.REQ.CLAIMS.UPDATE", body: "a.b.c" }]);
    await assert.rejects(claimsOver(bad).push("a.b.c"), /jwt validation failed - no/);
  });

  test("one refusal among several servers' confirmations fails the push", async () => {
    const line = new TableLine(() => [updated, failed("disk full")]);

    await assert.rejects(new Claims(async () => line, 2).push("a.b.c"), /disk full/);
  });

  test("a cell in which nobody answers is a Fault for every question", async () => {
    for (const silence of ["nobody", []] as const) {
      const claims = claimsOver(new TableLine(() => silence));
      for (const question of [
        claims.push("a.b.c"),
        claims.lookup(account),
        claims.list(),
        claims.connections(account),
        claims.storedBytes(account),
        claims.remove(deletion),
      ]) {
        await assert.rejects(question, Fault);
      }
    }
  });

  test("a line that breaks under a question is replaced and the question asked again", async () => {
    const next = new TableLine(() => [updated]);

    await claimsOver(new TableLine(() => "broken"), next).push("a.b.c");

    assert.equal(next.asked.length, 1);
  });

  test("a cell whose lines break again and again is given up", async () => {
    const lines = Array.from({ length: 5 }, () => new TableLine(() => "broken"));

    await assert.rejects(claimsOver(...lines).push("a.b.c"), Fault);

    assert.equal(lines.filter((line) => line.asked.length > 0).length, 3);
  });

  for (const { name, answers, expected } of [
    { name: "the text", answers: ["a.b.c"], expected: "a.b.c" },
    { name: "nothing where the account is unknown", answers: [""], expected: undefined },
    { name: "the text on which all servers agree", answers: ["a.b.c", "a.b.c"], expected: "a.b.c" },
    { name: "nothing where servers disagree", answers: ["a.b.c", "x.y.z"], expected: undefined },
    { name: "nothing where one server lacks it", answers: ["a.b.c", ""], expected: undefined },
  ]) {
    test(`lookup gives ${name}`, async () => {
      const claims = new Claims(async () => new TableLine(() => answers), answers.length);

      assert.equal(await claims.lookup(account), expected);
    });
  }

  test("connections are fetched page by page from every server", async () => {
    const all = Array.from({ length: 1_300 }, (_, cid) => ({ cid, authorized_user: `U${cid}` }));
    const line = new TableLine((subject, body) => {
      if (subject.endsWith("IDZ")) return [{ name: "c", id: "N1" }];
      const { limit, offset } = JSON.parse(body) as { limit: number; offset: number };
      return [{ data: { total: all.length, connections: all.slice(offset, offset + limit) } }];
    });

    const connections = await claimsOver(line).connections(account);

    assert.equal(connections.length, all.length);
    assert.deepEqual(connections.at(-1), { server: "N1", cid: 1_299, user: "U1299" });
  });

  test("an account that the server does not know has no connections", async () => {
    const line = new TableLine((subject) => [
      subject.endsWith("IDZ") ? { name: "c", id: "N1" } : { data: { connections: null, total: 0 } },
    ]);

    assert.deepEqual(await claimsOver(line).connections(account), []);
  });

  test("a kick goes to the connection's own server, and one that came too late is no error", async () => {
    const line = new TableLine(() => [
      { error: { code: 500, description: "no such client or leafnode id" } },
    ]);

    await claimsOver(line).kick({ server: "N7", cid: 12, user: "" });

    assert.deepEqual(line.asked, [{ subject: "$SYS.REQ.SERVER.N7.KICK", body: '{"cid":12}' }]);
  });

  test("a cell without JetStream has nothing to purge, one that stays silent has not purged", async () => {
    await claimsOver(new TableLine(() => "nobody")).purge(account);

    await assert.rejects(claimsOver(new TableLine(() => [])).purge(account), Fault);
    await assert.rejects(
      claimsOver(new TableLine(() => [{ error: { code: 500, description: "cannot delete" } }])).purge(
        account,
      ),
      /cannot delete/,
    );
  });

  for (const { name, data, bytes } of [
    { name: "none without JetStream", data: { disabled: true }, bytes: 0 },
    {
      name: "its own, file and memory",
      data: { account_details: [{ id: account, storage: 37, memory: 5 }] },
      bytes: 42,
    },
    { name: "none of another account", data: { account_details: [{ id: "AX", storage: 37 }] }, bytes: 0 },
  ]) {
    test(`an account's stored bytes are ${name}`, async () => {
      assert.equal(await claimsOver(new TableLine(() => [{ data }])).storedBytes(account), bytes);
    });
  }

  test("removing what is gone already succeeds, a refusal to remove what is there does not", async () => {
    const gone = new TableLine((subject) => (subject.endsWith("LOOKUP") ? [""] : [failed("no such file")]));
    const there = new TableLine((subject) =>
      subject.endsWith("LOOKUP") ? ["a.b.c"] : [failed("not trusted")],
    );

    await claimsOver(gone).remove(deletion);

    await assert.rejects(claimsOver(there).remove(deletion), /not trusted/);
  });

  for (const hostile of [
    "not json",
    "[]",
    "null",
    "7",
    '{"data":7}',
    '{"data":{"connections":[{"cid":"1"}]}}',
    '{"data":{"connections":{"length":9}}}',
    '{"data":{"account_details":7}}',
    '{"__proto__":{"data":["A"]}}',
    '{"error":7}',
    '{"error":{"description":{}}}',
  ]) {
    test(`an answer like ${hostile} is a Fault or nothing, never a crash`, async () => {
      const line = new TableLine((subject) => (subject.endsWith("IDZ") ? [{ id: "N1" }] : [hostile]));
      const claims = claimsOver(line);

      for (const question of [
        claims.list(),
        claims.connections(account),
        claims.storedBytes(account),
        claims.push("j"),
      ]) {
        const outcome = await question.then(
          (value) => value ?? 0,
          (error: unknown) => error,
        );
        assert.ok(
          outcome instanceof Fault || outcome === 0 || (Array.isArray(outcome) && outcome.length === 0),
          String(outcome),
        );
      }
    });
  }
});
