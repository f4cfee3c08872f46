import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../test/world/clock.ts";
import { type AccountClaims, newAccount } from "../identity/account-claims.ts";
import { encodeAccount } from "../identity/encode.ts";
import { aKey } from "../identity/identity.testing.ts";
import { silent } from "../ports/trace.ts";
import { Accounts } from "./account.testing.ts";
import type { Fetched } from "./claims-source.ts";
import { MemoryClaims } from "./claims-store.ts";
import type { LoadedAccount } from "./loaded-account.ts";
import { askedMax } from "./lookups.ts";
import { OperatorAccounts } from "./operator-accounts.ts";

const operator = aKey("operator");
const ids = Array.from({ length: 4 }, (_, number) => aKey("account", number).publicKey);
const [a, b, c, d] = ids as [string, string, string, string];

/** Accounts of an operator, and the questions that were asked elsewhere, in order, to be answered by hand. */
function asking() {
  const clock = new ManualClock();
  const accounts = new OperatorAccounts({
    trust: {
      operator: operator.publicKey,
      keys: new Set([operator.publicKey]),
      operatorKeys: new Set([operator.publicKey]),
      strict: false,
      strictKeys: new Set(),
    },
    store: new MemoryClaims(new Map()),
    directory: new Accounts().directory,
    clock,
    trace: silent,
  });
  const asked: { readonly id: string; answer(answer: Fetched): void }[] = [];
  accounts.source = { fetch: (id, answer) => void asked.push({ id, answer }) };
  const found: (LoadedAccount | string)[] = [];
  const lookup = (id: string): void => accounts.lookup(id, (account) => found.push(account));
  const answer = (id: string, answer: Fetched): void => {
    const at = asked.findIndex((question) => question.id === id);
    asked.splice(at, 1)[0]!.answer(answer);
  };
  const names = (): string[] =>
    found.map((account) => (typeof account === "string" ? account : account.account.name));
  return { accounts, clock, asked, lookup, answer, names };
}

function jwtOf(id: string, change: Partial<AccountClaims["nats"]> = {}, exp = 0): Fetched {
  const claims = newAccount(id);
  const nats = { ...claims.nats, ...change };
  return { kind: "jwt", jwt: encodeAccount({ ...claims, exp, nats }, operator, 1) };
}

function importing(...from: readonly string[]): Partial<AccountClaims["nats"]> {
  return {
    imports: from.map((account) => ({
      name: "i",
      subject: `s.${account}`,
      account,
      token: "",
      to: "",
      local_subject: "",
      type: "stream",
      share: false,
      allow_trace: false,
    })),
  };
}

const nothing: Fetched = { kind: "none", why: "nobody knows it" };

test("an account is asked for once, however many wait for it, and then known", () => {
  const { asked, lookup, answer, names } = asking();
  lookup(a);
  lookup(a);
  assert.equal(asked.length, 1);

  answer(a, jwtOf(a));
  lookup(a);

  assert.deepEqual(names(), [a, a, a]);
  assert.equal(asked.length, 0);
});

test("who waits for an account that nobody knows hears why, and the next one asks again", () => {
  const { asked, lookup, answer, names } = asking();
  lookup(a);

  answer(a, nothing);
  lookup(a);

  assert.deepEqual(names(), ["nobody knows it"]);
  assert.equal(asked.length, 1);
});

test("an account is found when those it imports from, and those they import from, have been asked for", () => {
  const { asked, lookup, answer, names } = asking();
  lookup(a);
  answer(a, jwtOf(a, importing(b, c)));
  answer(b, jwtOf(b, importing(d, a)));
  answer(c, nothing);
  assert.deepEqual(names(), []);

  answer(d, jwtOf(d));

  assert.deepEqual(names(), [a]);
  assert.equal(asked.length, 0);
});

test("an expired account is asked for again, once a second", () => {
  const { clock, asked, lookup, answer, names } = asking();
  const seconds = Math.floor(clock.now() / 1_000);
  lookup(a);
  answer(a, jwtOf(a, {}, seconds + 10));
  clock.advance(11_000);

  lookup(a);
  answer(a, nothing);
  lookup(a);
  assert.equal(asked.length, 0);
  clock.advance(1_000);
  lookup(a);
  answer(a, jwtOf(a));

  assert.deepEqual(names(), [a, a, a, a]);
});

test("strangers cannot have more than so many accounts asked for at a time", () => {
  const { asked, lookup, names } = asking();
  for (let number = 0; number <= askedMax; number++) lookup(aKey("account", number).publicKey);
  lookup("no account key");

  assert.equal(asked.length, askedMax);
  assert.deepEqual(names(), ["too many accounts are asked for", "account missing"]);
});
