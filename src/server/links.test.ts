// What accounts share, as a configuration says it and as a reload changes it, in a broker in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { seededRandom } from "../../test/world/random.ts";
import { type MemoryServer, memoryServer } from "../../test/world/server.ts";
import { Accounts } from "../account/account.testing.ts";
import type { Random } from "../ports/random.ts";
import { silent, type Trace } from "../ports/trace.ts";
import { configureText } from "./config/configure.ts";
import { linkAccounts } from "./links.ts";

const outside = {
  readFile: () => ({ kind: "failed" as const, code: "ENOENT" }),
  env: () => undefined,
  pathKind: () => "nothing" as const,
};

const config = (exports: string, imports: string): string => `
  accounts {
    EX { users: [ { user: ex, password: p } ], exports: [ ${exports} ] }
    IM { users: [ { user: im, password: p } ], imports: [ ${imports} ] }
  }`;
const shared = config(
  '{ stream: "s.>" }, { service: "q" }',
  '{ stream: { account: EX, subject: "s.>" }, prefix: in }, { service: { account: EX, subject: "q" } }',
);

function reload({ server }: MemoryServer, text: string): string | undefined {
  server.reread = () => configureText(`port: -1\n${text}`, "memory.conf", outside);
  return server.reload();
}

async function sharing(text = shared) {
  const broker = await memoryServer(text);
  const [ex, im] = ["ex", "im"].map((user) => broker.client({ user, pass: "p", no_responders: true }));
  ex!.send("SUB q 1\r\n");
  im!.send("SUB in.> 1\r\nSUB _INBOX.1 2\r\n");
  return { broker, ex: ex!, im: im! };
}

test("a reload takes imports away from live subscriptions and gives them back", async () => {
  const { broker, ex, im } = await sharing();

  assert.equal(reload(broker, config('{ stream: "s.>" }, { service: "q" }', "")), undefined);
  ex.send("PUB s.a 1\r\n1\r\n");
  im.send("PUB q _INBOX.1 1\r\n1\r\n");
  assert.equal(ex.takeHeard(), "");
  assert.match(im.takeHeard(), /^HMSG _INBOX.1 2 .*\r\nNATS\/1.0 503\r\nNats-Subject: q\r\n\r\n\r\n$/);

  assert.equal(reload(broker, shared), undefined);
  ex.send("PUB s.a 1\r\n2\r\n");
  im.send("PUB q _INBOX.1 1\r\n2\r\n");
  assert.equal(im.takeHeard(), "MSG in.s.a 1 1\r\n2\r\n");
  assert.match(ex.takeHeard(), /^HMSG q 1 _R_\.\S+ /);
});

for (const share of [true, false]) {
  test(`a service is told the round trip of who asks, ${share ? "with" : "without"} all the rest`, async () => {
    const broker = await memoryServer(
      config('{ service: "q" }', `{ service: { account: EX, subject: "q" }, share: ${share} }`),
    );
    const ex = broker.client({ user: "ex", pass: "p" });
    const im = broker.connect();
    ex.send("SUB q 1\r\n");
    broker.clock.advance(3);

    im.send('CONNECT {"verbose":false,"user":"im","pass":"p"}\r\nPUB q 0\r\n\r\n');

    const told = /Nats-Request-Info: (.*)\r\n/.exec(ex.takeHeard())?.[1];
    const info = told === undefined ? undefined : (JSON.parse(told) as Record<string, unknown>);
    assert.deepEqual([info?.acc, info?.rtt, info?.user], ["IM", 3_000_000, share ? "im" : undefined]);
  });
}

test("mappings that a reload brings hold for the next message, also where subjects were forwarded before", async () => {
  const { broker, im } = await sharing();
  im.send("SUB b 3\r\nSUB a 4\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n");
  assert.match(im.takeHeard(), /^(MSG a 4 1\r\n.\r\n){3}$/);

  reload(broker, shared.replace("IM {", "IM { mappings: { a: b },"));
  im.send("PUB a 1\r\n4\r\n");
  assert.equal(im.takeHeard(), "MSG b 3 1\r\n4\r\n");

  reload(broker, shared);
  im.send("PUB a 1\r\n5\r\n");
  assert.equal(im.takeHeard(), "MSG a 4 1\r\n5\r\n");
});

test("a response is let through although the configuration was loaded again meanwhile", async () => {
  const { broker, ex, im } = await sharing();
  im.send("PUB q _INBOX.1 1\r\n?\r\n");
  const reply = /_R_\.\S+/.exec(ex.takeHeard())![0];

  reload(broker, shared.replace("in }", "out }"));
  ex.send(`PUB ${reply} 1\r\n!\r\n`);

  assert.equal(im.takeHeard(), "MSG _INBOX.1 2 1\r\n!\r\n");
});

test("a weighted mapping sends each message one of its ways, and about as often as it says", async () => {
  const broker = await memoryServer(
    "mappings { a: [ { destination: b, weight: 30% }, { destination: c, weight: 20% } ] }",
  );
  const peer = broker.client();
  peer.send("SUB * 1\r\n");

  peer.send("PUB a 0\r\n\r\n".repeat(2_000));

  const heard = peer.takeHeard();
  const share = (subject: string): number => heard.split(`MSG ${subject} 1 0`).length - 1;
  assert.equal(share("a") + share("b") + share("c"), 2_000);
  assert.ok(
    Math.abs(share("b") - 600) < 90 && Math.abs(share("c") - 400) < 90,
    `${share("b")} ${share("c")}`,
  );
});

test("traces of an account are sampled as it says, and what is not sampled is silenced", async () => {
  const broker = await memoryServer(
    "accounts { IM { users: [ { user: im, password: p } ], msg_trace: { dest: traces, sampling: 50% } } }",
  );
  const peer = broker.client({ user: "im", pass: "p" });
  const block = "NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
  peer.send("SUB traces 1\r\nSUB a 2\r\n");

  peer.send(`HPUB a ${block.length} ${block.length}\r\n${block}\r\n`.repeat(400));

  const heard = peer.takeHeard();
  const traces = heard.split("MSG traces 1").length - 1;
  assert.ok(Math.abs(traces - 200) < 60, String(traces));
  assert.equal(heard.split("Nats-Trace-Dest: trace disabled").length - 1, 400 - traces);
});

test("a trace is compressed for whoever reads gzip", async () => {
  const broker = await memoryServer();
  const peer = broker.client();
  const block = "NATS/1.0\r\nNats-Trace-Dest: traces\r\nAccept-Encoding: gzip\r\n\r\n";
  peer.send("SUB traces 1\r\n");

  peer.send(`HPUB a ${block.length} ${block.length}\r\n${block}\r\n`);

  const heard = peer.takeHeard();
  const start = heard.indexOf("Content-Encoding: gzip\r\n\r\n") + "Content-Encoding: gzip\r\n\r\n".length;
  const event = JSON.parse(gunzipSync(Buffer.from(heard.slice(start, -2), "latin1")).toString()) as object;
  assert.deepEqual(Object.keys(event), ["server", "request", "events"]);
});

/** Accounts that offer and take at random, circles and nonsense included. */
function randomLinks(random: Random): string {
  const pick = (list: readonly string[]): string => list[random.below(list.length)]!;
  const names = ["A", "B", "C", "D"];
  const subjects = ["x", "x.*", "x.>", "x.1", "y.*.*", "y.1.*", ">"];
  const exported = (): string => {
    const kind = pick(["stream", "service"]);
    if (random.below(8) === 0) return `{ ${kind}: "x.*", account_token_position: 2 }`;
    const limits = pick(["", "", "", `, accounts: [${pick(names)}]`]);
    return `{ ${kind}: "${pick(subjects)}"${limits} }`;
  };
  const imported = (): string => {
    const kind = pick(["stream", "service"]);
    const local = pick(["", "", ', to: "z.$2.$1"', ', to: "z.*"', ', to: "x"', ', to: "z.>"']);
    return `{ ${kind}: { account: ${pick(names)}, subject: "${pick(["x", "x.*", "x.1", "y.*.*", "y.1.2", "x.A", "x.B"])}" }${local} }`;
  };
  const list = (count: number, make: () => string): string => Array.from({ length: count }, make).join(", ");
  const accounts = names.map(
    (name) =>
      `${name} { exports: [ ${list(4, exported)} ], imports: [ ${list(random.below(3), imported)} ] }`,
  );
  return `accounts { ${accounts.join("\n")} }`;
}

test("whatever the check of a configuration lets pass can be linked", () => {
  let accepted = 0;
  for (let seed = 1; seed <= 3_000; seed++) {
    const text = randomLinks(seededRandom(seed));
    const configured = configureText(`port: -1\n${text}`, "memory.conf", outside);
    if (configured.kind === "refused") continue;
    accepted++;
    const complaints: string[] = [];
    const trace: Trace = { ...silent, log: (_level, line) => complaints.push(line) };
    const { directory } = new Accounts();
    for (const { name } of configured.options.accounts) directory.ensure(name);

    linkAccounts(configured.options, directory, trace);

    assert.deepEqual(complaints, [], `seed ${seed}: ${text}`);
  }
  assert.ok(accepted > 100, String(accepted));
});
