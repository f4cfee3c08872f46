// Scenes between accounts of operator mode: what is shared comes, changes and goes with claims, under live subscriptions.
import type { Account, Claims } from "../support/realm.ts";
import { hpub, inbox, pub } from "./playing.ts";
import { activation, type ClaimScene, newKeys, now, type Stage } from "./stage.ts";

const publicStream = { exports: [{ name: "s", subject: "s.>", type: "stream" }] };
const publicService = { exports: [{ name: "q", subject: "q", type: "service" }] };
const privateStream = { exports: [{ name: "s", subject: "s.*", type: "stream", token_req: true }] };
const privateService = { exports: [{ name: "q", subject: "q.*", type: "service", token_req: true }] };

function importOf(type: "stream" | "service", exporter: Account, subject: string, more: Claims = {}): Claims {
  return { imports: [{ name: "i", subject, account: exporter.id, type, ...more }] };
}

/** A private stream, imported with a token that the scene makes; then one message. */
function byToken(
  name: string,
  tokenOf: (ex: Account, im: Account, other: Account) => string,
  subject = "s.a",
  exports: (ex: Account, im: Account) => Claims = () => privateStream,
): ClaimScene {
  return {
    name,
    act: async (stage) => {
      const [ex, im, other] = [stage.account("EX"), stage.account("IM"), stage.account("OTHER")];
      await stage.push(ex, exports(ex, im));
      await stage.push(other, privateStream);
      await stage.push(im);
      await stage.push(im, importOf("stream", ex, subject, { token: tokenOf(ex, im, other) }));
      await stage.say("im", im, "SUB > 1\r\n");
      await stage.say("ex", ex, pub("s.a", "1") + pub("s.b", "2"));
    },
  };
}

const signing = newKeys("account");

const tokens: ClaimScene[] = [
  byToken("a token of the exporter lets in", (ex, im) => activation(ex, im, "stream", "s.a")),
  byToken("a token for a pattern lets in to its part", (ex, im) => activation(ex, im, "stream", "s.*")),
  byToken("a token for another account lets nobody in", (ex, _im, other) =>
    activation(ex, other, "stream", "s.a"),
  ),
  byToken("a token of another account lets nobody in", (_ex, im, other) =>
    activation(other, im, "stream", "s.a"),
  ),
  byToken("a token for another subject lets nobody in", (ex, im) => activation(ex, im, "stream", "s.b")),
  byToken(
    "a token for one subject does not let in to a pattern",
    (ex, im) => activation(ex, im, "stream", "s.a"),
    "s.*",
  ),
  byToken("a token for another kind lets nobody in", (ex, im) => activation(ex, im, "service", "s.a")),
  byToken("an expired token lets nobody in", (ex, im) =>
    activation(ex, im, "stream", "s.a", { exp: now() - 10 }),
  ),
  byToken("a token that is not valid yet lets nobody in", (ex, im) =>
    activation(ex, im, "stream", "s.a", { nbf: now() + 3600 }),
  ),
  byToken("a token that somebody signed in the exporter's name lets nobody in", (ex, im, other) =>
    activation(ex, im, "stream", "s.a", { nats: { issuer_account: ex.id } }, other.keys),
  ),
  byToken(
    "a token of the exporter's signing key lets in",
    (ex, im) => activation(ex, im, "stream", "s.a", { nats: { issuer_account: ex.id } }, signing),
    "s.a",
    () => ({ ...privateStream, signing_keys: [signing.publicKey] }),
  ),
  byToken("a token that is no token lets nobody in", () => "no.token.at.all"),
  byToken("no token lets nobody in", () => ""),
  byToken(
    "a revoked token lets nobody in",
    (ex, im) => activation(ex, im, "stream", "s.a", { iat: now() - 10 }),
    "s.a",
    (_ex, im) => ({ exports: [{ ...privateStream.exports[0], revocations: { [im.id]: now() } }] }),
  ),
  byToken(
    "a token issued after the revocation lets in",
    (ex, im) => activation(ex, im, "stream", "s.a"),
    "s.a",
    (_ex, im) => ({ exports: [{ ...privateStream.exports[0], revocations: { [im.id]: now() - 100 } }] }),
  ),
  byToken(
    "a revocation of all tokens is one of this token",
    (ex, im) => activation(ex, im, "stream", "s.a", { iat: now() - 10 }),
    "s.a",
    () => ({ exports: [{ ...privateStream.exports[0], revocations: { "*": now() } }] }),
  ),
  {
    name: "a token that expires ends a live import",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, { exports: [...privateStream.exports, ...privateService.exports] });
      const token = (kind: "stream" | "service", subject: string): string =>
        activation(ex, im, kind, subject, { exp: now() + 2 });
      await stage.push(im, {
        imports: [
          ...(importOf("stream", ex, "s.a", { token: token("stream", "s.a") }).imports as Claims[]),
          ...(importOf("service", ex, "q.a", { token: token("service", "q.a") }).imports as Claims[]),
        ],
      });
      await stage.say("im", im, `SUB > 1\r\n${inbox}`);
      await stage.say("ex", ex, `SUB q.a 1\r\n${pub("s.a", "in time")}`);
      await stage.say("im", im, pub("q.a", "in time", "_INBOX.1"));
      await new Promise((resolve) => setTimeout(resolve, 3_200));
      await stage.say("ex", ex, pub("s.a", "too late"));
      await stage.say("im", im, pub("q.a", "too late", "_INBOX.1"));
    },
  },
  {
    name: "revocations end and begin live imports",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, privateStream);
      await stage.push(im, importOf("stream", ex, "s.a", { token: activation(ex, im, "stream", "s.a") }));
      await stage.say("im", im, "SUB s.a 1\r\n");
      await stage.say("ex", ex, pub("s.a", "1"));
      await stage.push(ex, {
        exports: [{ ...privateStream.exports[0], revocations: { [im.id]: now() + 10 } }],
      });
      await stage.say("ex", ex, pub("s.a", "2"));
    },
  },
];

/** The same subjects under live subscriptions, while claims change. */
async function asked(stage: Stage, ex: Account, im: Account, word: string): Promise<void> {
  await stage.say("ex", ex, pub("s.a", word));
  await stage.say("im", im, pub("q", word, "_INBOX.1"));
}

async function listening(stage: Stage, ex: Account, im: Account): Promise<void> {
  await stage.say("ex", ex, "SUB q 1\r\n");
  await stage.say("im", im, `SUB s.> 1\r\n${inbox}`);
}

const both = { exports: [...publicStream.exports, ...publicService.exports] };

function importBoth(ex: Account): Claims {
  return {
    imports: [
      { name: "s", subject: "s.>", account: ex.id, type: "stream" },
      { name: "q", subject: "q", account: ex.id, type: "service" },
    ],
  };
}

const changes: ClaimScene[] = [
  {
    name: "what claims share is heard and asked",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, both);
      await stage.push(im, importBoth(ex));
      await listening(stage, ex, im);
      await asked(stage, ex, im, "1");
      await stage.say("ex", ex, pub("<reply of ex>", "!"));
    },
  },
  {
    name: "imports that come and go act on live subscriptions",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, both);
      await stage.push(im);
      await listening(stage, ex, im);
      await asked(stage, ex, im, "before");
      await stage.push(im, importBoth(ex));
      await asked(stage, ex, im, "imported");
      await stage.push(im);
      await asked(stage, ex, im, "after");
    },
  },
  {
    name: "exports that come and go act on live subscriptions",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, both);
      await stage.push(im, importBoth(ex));
      await listening(stage, ex, im);
      await asked(stage, ex, im, "exported");
      await stage.push(ex);
      await asked(stage, ex, im, "no more");
      await stage.push(ex, both);
      await asked(stage, ex, im, "again");
    },
  },
  {
    name: "an import is complete as soon as its exporter comes",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(im, importBoth(ex));
      await stage.say("im", im, `SUB s.> 1\r\n${inbox}${pub("q", "nobody", "_INBOX.1")}`);
      await stage.push(ex, both);
      await listening(stage, ex, im);
      await asked(stage, ex, im, "complete");
    },
  },
  {
    name: "a response finds its way though the claims changed meanwhile",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, both);
      await stage.push(im, importBoth(ex));
      await listening(stage, ex, im);
      await asked(stage, ex, im, "?");
      await stage.push(im, importBoth(ex));
      await stage.say("ex", ex, pub("<reply of ex>", "!"));
    },
  },
  {
    name: "local subjects and the prefixes of old rename what is imported",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, {
        exports: [
          { name: "s", subject: "s.*.*", type: "stream" },
          { name: "o", subject: "o.>", type: "stream" },
          { name: "q", subject: "q.*.*", type: "service" },
          { name: "old", subject: "old.there", type: "service" },
        ],
      });
      const account = ex.id;
      await stage.push(im, {
        imports: [
          { name: "s", subject: "s.*.*", local_subject: "mine.$2.$1", account, type: "stream" },
          { name: "o", subject: "o.>", to: "pre", account, type: "stream" },
          { name: "q", subject: "q.*.*", local_subject: "ask.$2.$1", account, type: "service" },
          { name: "old", subject: "old.here", to: "old.there", account, type: "service" },
        ],
      });
      await stage.say("im", im, `SUB mine.> 1\r\nSUB pre.> 2\r\n${inbox}`);
      await stage.say(
        "ex",
        ex,
        `SUB q.> 1\r\nSUB old.> 2\r\n${pub("s.1.2", "renamed")}${pub("o.x", "prefixed")}`,
      );
      await stage.say("im", im, pub("ask.2.1", "?", "_INBOX.1") + pub("old.here", "?", "_INBOX.1"));
    },
  },
  {
    name: "mappings by claims rename what is published from then on",
    act: async (stage) => {
      const account = stage.account("M");
      await stage.push(account, {
        mappings: { from: [{ subject: "to" }], "w.*": [{ subject: "x.$1", weight: 100 }] },
      });
      await stage.say("m", account, `SUB > 1\r\n`);
      await stage.say("m", account, pub("from", "mapped") + pub("w.1", "mapped"));
      await stage.push(account, { mappings: { from: [{ subject: "elsewhere" }] } });
      await stage.say("m", account, pub("from", "mapped anew") + pub("w.1", "plain"));
    },
  },
  {
    name: "a service bound to the importer's key is asked by that account",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, {
        exports: [{ name: "q", subject: "for.*", type: "service", account_token_position: 2 }],
      });
      await stage.push(im, {
        imports: [
          { name: "own", subject: `for.${im.id}`, local_subject: "own", account: ex.id, type: "service" },
          { name: "other", subject: `for.${ex.id}`, local_subject: "other", account: ex.id, type: "service" },
        ],
      });
      await stage.say("ex", ex, "SUB for.* 1\r\n");
      await stage.say("im", im, inbox + pub("own", "?", "_INBOX.1") + pub("other", "?", "_INBOX.1"));
    },
  },
  {
    name: "a service of streams that is shared and timed by claims is answered twice",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, {
        exports: [
          { name: "q", subject: "q", type: "service", response_type: "Stream" },
          {
            name: "t",
            subject: "t",
            type: "service",
            service_latency: { sampling: 100, results: "results" },
          },
        ],
      });
      await stage.push(im, {
        imports: [
          { name: "q", subject: "q", account: ex.id, type: "service", share: true },
          { name: "t", subject: "t", account: ex.id, type: "service" },
        ],
      });
      await stage.say("ex", ex, "SUB q 1\r\nSUB t 3\r\nSUB results 2\r\n");
      await stage.say("im", im, inbox + pub("q", "?", "_INBOX.1"));
      await stage.say("ex", ex, pub("<reply of ex>", "1") + pub("<reply of ex>", "2"));
      await stage.say("im", im, pub("t", "?", "_INBOX.2"));
      await stage.say("ex", ex, pub("<reply of ex>", "!"));
      await stage.hears("ex", "service_latency");
    },
  },
  {
    name: "traces by claims go to the account's destination and through borders that allow them",
    act: async (stage) => {
      const [ex, im] = [stage.account("EX"), stage.account("IM")];
      await stage.push(ex, { ...publicStream, trace: { dest: "traces", sampling: 100 } });
      await stage.push(im, importOf("stream", ex, "s.>", { allow_trace: true }));
      await stage.say("im", im, "SUB s.> 1\r\n");
      await stage.say("ex", ex, "SUB traces 1\r\n");
      await stage.say(
        "ex",
        ex,
        hpub("s.a", ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"], "x"),
      );
      await stage.hears("ex", '"events"');
    },
  },
  {
    name: "default permissions hold for users that have none",
    act: async (stage) => {
      const account = stage.account("P");
      await stage.push(account, {
        default_permissions: { pub: { allow: ["ok.>"] }, sub: { deny: ["no.>"] } },
      });
      await stage.say("u", account, `SUB > 1\r\nSUB no.x 2\r\n${pub("ok.1", "yes")}${pub("other", "no")}`);
      await stage.say("v", account, `SUB no.x 2\r\n${pub("other", "own")}`, {
        nats: { pub: { allow: ["other"] } },
      });
    },
  },
  {
    name: "default permissions that change act on live users",
    act: async (stage) => {
      const account = stage.account("P");
      await stage.push(account, { default_permissions: { pub: { allow: ["ok.>"] }, sub: {} } });
      await stage.say("u", account, `SUB a 1\r\nSUB b 2\r\n${pub("other", "no")}`);
      await stage.push(account, { default_permissions: { pub: { allow: ["other"] }, sub: { deny: ["b"] } } });
      await stage.say("u", account, pub("other", "yes") + pub("ok.1", "no"));
    },
  },
];

/** Accounts in a ring, each importing from the next. */
function ring(length: number, backwards: boolean): ClaimScene {
  return {
    name: `a ring of ${length} accounts that import from one another${backwards ? ", closed from its other end," : ""} is harmless`,
    act: async (stage) => {
      const accounts = Array.from({ length }, (_, place) => stage.account(`R${place}`));
      for (const account of accounts) await stage.push(account, both);
      const order = accounts.map((_, place) => (backwards ? length - 1 - place : place));
      for (const place of order) {
        await stage.push(accounts[place]!, { ...both, ...importBoth(accounts[(place + 1) % length]!) });
      }
      const first = accounts[0]!;
      const last = accounts[length - 1]!;
      await stage.say("last", last, "SUB q 1\r\nSUB s.> 2\r\n");
      await stage.say("first", first, inbox + pub("q", "?", "_INBOX.1") + pub("s.a", "x"));
      await stage.say("last", last, pub("q", "?", "_INBOX.1") + pub("s.a", "y"));
    },
  };
}

const rings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((length) =>
  length === 1 ? [ring(1, false)] : [ring(length, false), ring(length, true)],
);

export const claimScenes: readonly ClaimScene[] = [tokens, changes, rings].flat();
