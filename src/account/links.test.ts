// Imports by themselves: what of a stream reaches whom, what is refused, and that circles are [CVE-2020-28466, CVE-2022-42709].
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts } from "./account.testing.ts";
import { crossingsMax } from "./exchange.ts";

const stream = (account: string, subject: string, local = "") => ({
  kind: "stream" as const,
  account,
  subject,
  local,
});
const service = (account: string, subject: string, local = "") => ({
  kind: "service" as const,
  account,
  subject,
  local,
});

/** What a subscription here asks of a stream there, and what it hears of three messages. */
const shadowRows: readonly (readonly [
  remote: string,
  local: string,
  subscribed: string,
  heard: readonly string[],
])[] = [
  ["a.*", "", "a.1", ["a.1"]],
  ["a.*", "", "a.*", ["a.1", "a.2"]],
  ["a.*", "", ">", ["a.1", "a.2"]],
  ["a.*", "", "*.1", ["a.1"]],
  ["a.*", "", "b.*", []],
  ["a.>", "", "a.*", ["a.1", "a.2"]],
  ["a.>", "", "*.*.*", ["a.1.2"]],
  ["a.>", "", "a.1.>", ["a.1.2"]],
  ["a.>", "in.a.>", "in.>", ["in.a.1", "in.a.2", "in.a.1.2"]],
  ["a.>", "in.a.>", "in.*.1", ["in.a.1"]],
  ["a.>", "in.a.>", "*.*.*.2", ["in.a.1.2"]],
  ["a.>", "in.a.>", "a.>", []],
  ["a.1", "one", "one", ["one"]],
  ["a.1", "one", "*", ["one"]],
  ["a.1", "one", "a.1", []],
  ["a.*.*", "z.$2.$1", "z.2.*", ["z.2.1"]],
  ["a.*.*", "z.$2.$1", "z.*.2", []],
];

for (const [remote, local, subscribed, heard] of shadowRows) {
  test(`of ${remote} imported as ${local || "itself"}, a subscription to ${subscribed} hears ${heard.join(", ") || "nothing"}`, () => {
    const accounts = new Accounts();
    accounts.offer("EX", ["a.>"]);
    assert.deepEqual(accounts.link("IM", stream("EX", remote, local)), []);
    const listener = accounts.listen("IM", subscribed);

    for (const subject of ["a.1", "a.2", "a.1.2"]) accounts.publish("EX", subject);

    assert.deepEqual(listener.heard, heard);
  });
}

test("subscriptions of the exporter come and go with those of the importer", () => {
  const accounts = new Accounts();
  accounts.offer("EX", ["a.>"]);
  accounts.link("IM", stream("EX", "a.>"));

  const listener = accounts.listen("IM", "a.1");

  assert.equal(accounts.account("EX").subscriptionCount, 1);
  listener.leave();
  assert.equal(accounts.account("EX").subscriptionCount, 0);
});

test("imports that change act on subscriptions that are there, and leave none behind", () => {
  const accounts = new Accounts();
  accounts.offer("EX", ["a.>", "b.>"]);
  accounts.link("IM", stream("EX", "a.>"));
  const listener = accounts.listen("IM", ">");
  accounts.publish("EX", "a.1");

  accounts.link("IM", stream("EX", "b.>", "c.>"));
  accounts.publish("EX", "a.2");
  accounts.publish("EX", "b.2");

  assert.deepEqual(listener.heard, ["a.1", "c.2"]);
  accounts.link("IM");
  assert.equal(accounts.account("EX").subscriptionCount, 0);
});

test("an import from an account that comes later is in force as soon as it comes", () => {
  const accounts = new Accounts();
  assert.deepEqual(accounts.link("IM", stream("EX", "a.>")), ["account missing"]);
  const listener = accounts.listen("IM", "a.>");

  accounts.offer("EX", ["a.>"]);
  accounts.publish("EX", "a.1");

  assert.deepEqual(listener.heard, ["a.1"]);
});

test("what is no longer exported is neither heard nor asked", () => {
  const accounts = new Accounts();
  accounts.offer("EX", ["a.>"], ["q"]);
  accounts.link("IM", stream("EX", "a.>"), service("EX", "q"));
  const [listener, server] = [accounts.listen("IM", "a.>"), accounts.listen("EX", "q")];

  accounts.offer("EX", [], []);

  assert.equal(accounts.publish("EX", "a.1") + accounts.publish("IM", "q"), 0);
  assert.deepEqual([listener.heard, server.heard], [[], []]);
});

const refusals: readonly (readonly [name: string, why: string, link: (accounts: Accounts) => string[]])[] = [
  [
    "a stream that is not exported",
    "stream import not authorized",
    (accounts) => accounts.link("IM", stream("EX", "x")),
  ],
  [
    "more than is exported",
    "stream import not authorized",
    (accounts) => accounts.link("IM", stream("EX", ">")),
  ],
  [
    "a service that is not exported",
    "service import not authorized",
    (accounts) => accounts.link("IM", service("EX", "a.b")),
  ],
  [
    "the same stream twice",
    "stream import already exists",
    (accounts) => accounts.link("IM", stream("EX", "a.>"), stream("EX", "a.>", "b.>")),
  ],
  [
    "two services under one name",
    'duplicate service import subject "q", previously used in import for account "EX"',
    (accounts) => accounts.link("IM", service("EX", "q"), service("EX", "q")),
  ],
  [
    "a subject that is none",
    "sublist: invalid subject",
    (accounts) => accounts.link("IM", service("EX", "q", "a..b")),
  ],
];

for (const [name, why, link] of refusals) {
  test(`${name} cannot be imported`, () => {
    const accounts = new Accounts();
    accounts.offer("EX", ["a.>"], ["q"]);

    assert.deepEqual(link(accounts), [why]);
  });
}

for (const kind of ["stream", "service"] as const) {
  for (const length of [2, 3, 5, 10, 100]) {
    test(`a circle of ${length} ${kind} imports is refused where it closes`, () => {
      const accounts = new Accounts();
      for (let i = 0; i < length; i++) accounts.offer(`A${i}`, ["x"], ["x"]);

      const mistakes = Array.from({ length }, (_, i) =>
        accounts.link(`A${i}`, { kind, account: `A${(i + 1) % length}`, subject: "x", local: "" }),
      );

      assert.deepEqual(mistakes.slice(0, -1).flat(), []);
      assert.deepEqual(mistakes.at(-1), ["import forms a cycle"]);
    });
  }
}

test("a message among accounts that all import from all comes to an end", () => {
  const accounts = new Accounts();
  const names = Array.from({ length: 40 }, (_, i) => `A${i}`);
  for (const name of names) accounts.offer(name, ["x"], ["x"]);
  for (const name of names) {
    const others = names.filter((other) => other !== name);
    accounts.link(name, ...others.flatMap((other) => [stream(other, "x"), service(other, "x")]));
  }
  const listeners = names.map((name) => accounts.listen(name, "x"));

  accounts.publish(names.at(-1)!, "x");

  const heard = listeners.reduce((sum, each) => sum + each.heard.length, 0);
  assert.ok(heard >= names.length && heard <= crossingsMax + 2 * names.length, String(heard));
});

test("an account that is gone shares nothing any more", () => {
  const accounts = new Accounts();
  accounts.offer("EX", ["a.>"], ["q"]);
  accounts.link("IM", stream("EX", "a.>"), service("EX", "q"));
  accounts.listen("IM", "a.1");

  accounts.directory.remove("IM");
  accounts.directory.remove("EX");

  assert.equal(accounts.account("EX").subscriptionCount, 0);
});
