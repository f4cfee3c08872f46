// Requests to services of other accounts: who is answered, how often and until when, and what is told of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts } from "./account.testing.ts";

/** CLI asks SRV's `q`; there is one server of it, and one requester that listens to `_INBOX.1`. */
function asking(
  terms: { readonly responseType?: "stream"; readonly thresholdMs?: number; readonly timed?: boolean } = {},
) {
  const { timed, ...rest } = terms;
  const accounts = new Accounts();
  const latency = timed ? { latency: { subject: "results", sampling: 100 } } : {};
  accounts.offer("SRV", [], [{ subject: "q", ...rest, ...latency }]);
  accounts.link("CLI", { kind: "service", account: "SRV", subject: "q" });
  const server = accounts.listen("SRV", "q");
  const requester = accounts.listen("CLI", "_INBOX.1");
  const { exchange } = accounts.directory.links.of(accounts.account("SRV"));
  const ask = (): number => accounts.publish("CLI", "q", { reply: "_INBOX.1", body: "?", origin: requester });
  const answer = (body: string): number => accounts.publish("SRV", server.reply!, { body });
  const results = (): unknown[] => accounts.told.map(({ event }) => event.status);
  return { accounts, server, requester, exchange, ask, answer, results };
}

test("a response is let through once, and then its name is forgotten", () => {
  const { requester, exchange, ask, answer } = asking();
  ask();

  answer("1");
  answer("2");

  assert.deepEqual(requester.heard, ["_INBOX.1 1"]);
  assert.equal(exchange.owedCount, 0);
});

test("a response that does not come in time comes to nobody", () => {
  const { accounts, requester, exchange, ask, answer } = asking({ thresholdMs: 1_000 });
  ask();

  accounts.clock.advance(1_000);
  answer("late");

  assert.deepEqual(requester.heard, []);
  assert.equal(exchange.owedCount, 0);
});

test("a stream of responses goes on for as long as they come in time", () => {
  const { accounts, requester, exchange, ask, answer } = asking({
    responseType: "stream",
    thresholdMs: 1_000,
  });
  ask();

  for (const word of ["1", "2", "3"]) {
    accounts.clock.advance(900);
    answer(word);
  }
  accounts.clock.advance(1_001);
  answer("4");

  assert.deepEqual(requester.heard, ["_INBOX.1 1", "_INBOX.1 2", "_INBOX.1 3"]);
  assert.equal(exchange.owedCount, 0);
});

test("a request that nobody takes leaves nothing behind", () => {
  const { server, exchange, ask } = asking();
  server.leave();

  assert.equal(ask(), 0);
  assert.equal(exchange.owedCount, 0);
});

test("a requester that no longer listens is not waited for", () => {
  const { requester, exchange, ask } = asking();
  ask();

  requester.leave();

  assert.equal(exchange.owedCount, 0);
});

test("a requester is waited for while anything of it listens", () => {
  const { accounts, requester, exchange, ask } = asking();
  const wide = accounts.listen("CLI", "_INBOX.>");
  ask();

  requester.leave();
  assert.equal(exchange.owedCount, 1);
  wide.leave();
  assert.equal(exchange.owedCount, 0);
});

test("many requests under one reply subject are answered each once", () => {
  const { accounts, server, requester, exchange } = asking();
  const replies: string[] = [];
  for (let i = 0; i < 1_000; i++) {
    accounts.publish("CLI", "q", { reply: "_INBOX.1", body: String(i) });
    replies.push(server.reply!);
  }

  assert.equal(new Set(replies).size, 1_000);
  for (const reply of replies) accounts.publish("SRV", reply, { body: "!" });
  assert.equal(requester.heard.length, 1_000);
  assert.equal(exchange.owedCount, 0);
});

test("what is timed is told once: answered, late, given up, or taken by nobody", () => {
  const answered = asking({ timed: true });
  answered.ask();
  answered.accounts.clock.advance(5);
  answered.answer("!");
  const [{ account, subject, event }] = answered.accounts.told as [(typeof answered.accounts.told)[0]];
  assert.deepEqual(
    [account, subject, event.status, event.service, event.total],
    ["SRV", "results", 200, 5e6, 5e6],
  );

  const late = asking({ timed: true, thresholdMs: 1_000 });
  late.ask();
  late.accounts.clock.advance(1_000);
  assert.deepEqual(late.results(), [504]);

  const givenUp = asking({ timed: true });
  givenUp.ask();
  givenUp.requester.leave();
  assert.deepEqual(givenUp.results(), [408]);

  const alone = asking({ timed: true });
  alone.server.leave();
  alone.ask();
  assert.deepEqual(alone.results(), [503]);
});

test("a timed request without reply is told to be a bad one", () => {
  const { accounts, results } = asking({ timed: true });

  accounts.publish("CLI", "q");

  assert.deepEqual(results(), [400]);
});

test("a reply that acknowledges keeps its name through a service", () => {
  const { accounts, server } = asking();

  accounts.publish("CLI", "q", { reply: "$JS.ACK.s.c.1", body: "?" });

  assert.equal(server.reply, "$JS.ACK.s.c.1");
});

test("who asks is told to the service, and a chain names the account in between", () => {
  const accounts = new Accounts();
  accounts.offer("C", [], ["q"]);
  accounts.offer("B", [], ["q"]);
  accounts.link("B", { kind: "service", account: "C", subject: "q" });
  accounts.link("A", { kind: "service", account: "B", subject: "q" });
  const [middle, end] = [accounts.listen("B", "q"), accounts.listen("C", "q")];

  accounts.publish("A", "q", { origin: {} });

  assert.equal(middle.body, 'NATS/1.0\r\nNats-Request-Info: {"acc":"?"}\r\n\r\n');
  assert.equal(end.body, 'NATS/1.0\r\nNats-Request-Info: {"acc":"?","svc":"B"}\r\n\r\n');
});
