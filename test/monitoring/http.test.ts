// Monitoring over HTTP says what a real nats-server says: status, headers, every name, and every value that is not the
// moment's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { accountsConfig, assertAlike, Side } from "./pair.ts";

const { skip } = needProgram("nats-server");

/** Values for a parameter that wants a number. */
const numbers = [
  "-1",
  "0",
  "1",
  "2",
  "2147483647",
  "2147483648",
  "9007199254740991",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "18446744073709551615",
  "18446744073709551616",
  "99999999999999999999999999999999999999999999999999",
  "NaN",
  "Infinity",
  "abc",
  "",
  "+1",
  "1.0",
  "1e3",
  "0x10",
  "007",
  "1_000",
  "%201",
  "%zz",
  "1%00",
  "%22",
  "%F0%9F%99%82",
  "-",
  "null",
  "true",
];
/** Values for one that wants yes or no. */
const flags = [
  "1",
  "t",
  "T",
  "TRUE",
  "true",
  "True",
  "0",
  "f",
  "false",
  "False",
  "FALSE",
  "",
  "yes",
  "tRUE",
  "2",
  "%22",
];

const connz = [
  "",
  "?auth=1",
  "?subs=1",
  "?subs=detail",
  "?subs=DETAIL&auth=true",
  "?state=open",
  "?state=OPEN",
  "?state=closed",
  "?state=closed&auth=1&sort=stop",
  "?state=closed&sort=reason",
  "?state=closed&subs=detail&auth=1",
  "?state=closed&subs=1",
  "?state=any&auth=1",
  "?state=all",
  "?state=nope",
  "?sort=stop",
  "?sort=reason",
  "?sort=nope",
  "?limit=1",
  "?offset=1",
  "?offset=1&limit=1",
  "?offset=99",
  "?limit=2&offset=2",
  "?user=a",
  "?user=a&auth=1",
  "?user=nobody",
  "?acc=A",
  "?acc=A&state=any",
  "?acc=B&auth=1",
  "?acc=nope",
  "?acc=nope&limit=3",
  "?mqtt_client=x",
  "?cid=999999",
  "?cid=999999&state=any",
  "?filter_subject=foo",
  ...["cid", "start", "subs", "bytes_to", "bytes_from"].map((sort) => `?sort=${sort}`),
  "?limit=abc&sort=nope",
  "?auth=x&limit=y",
  "?state=nope&limit=y",
  "?limit=1&limit=2",
  "?limit=1;offset=1",
  "?&&limit=1",
];
const subsz = [
  "?acc=A",
  "?acc=A&subs=1&limit=1",
  "?acc=B",
  "?acc=nope",
  "?acc=nope&subs=1",
  "?acc=A&subs=1&test=foo",
  "?test=foo.*",
  "?test=foo.>",
  "?test=..",
  "?acc=A&subs=1&test=grouped.1",
  "?acc=A&subs=1&test=nobody",
  "?acc=A&subs=1&offset=100",
];
const others = [
  "/jsz",
  "/jsz?accounts=1&streams=true&consumers=1&config=1&raft=1",
  "/jsz?leader-only=1",
  "/jsz?acc=A",
  "/jsz?accounts=x",
  "/healthz",
  "/healthz?js-enabled-only=true",
  "/healthz?js-server-only=1",
  "/healthz?js-meta-only=1",
  "/healthz?details=1",
  "/healthz?stream=s",
  "/healthz?stream=s&details=1",
  "/healthz?account=A&consumer=c",
  "/healthz?account=A&stream=s",
  "/healthz?account=A&consumer=c&details=true",
  "/healthz?js-enabled=1",
  "/healthz?js-enabled=x",
  "/healthz?details=maybe",
  "/accountz?acc=nope",
  "/accountz?acc=%3Cb%3E&x",
  "/accountz?acc=B",
  "/accountz?acc=$G",
  "/accstatz",
  "/accstatz?unused=x",
  "/routez",
  "/routez?subs=1",
  "/routez?subs=detail",
  "/routez?subs=x",
  "/gatewayz",
  "/gatewayz?accs=1&gw_name=x&acc_name=y",
  "/gatewayz?accs=x",
  "/leafz",
  "/leafz?subs=1&acc=A",
  "/leafz?subs=x",
  "/ipqueuesz",
  "/ipqueuesz?all=x",
  "/raftz",
  "/raftz?acc=A&group=g",
  "/nope",
  "/varz/",
  "/connz/1",
  "/VARZ",
  "/index.html",
  "//varz",
  "//connz//1/",
  "/%76arz/",
  "/%2e%2e/nope",
  "/nope%00",
];

describe("monitoring over HTTP beside a real nats-server", { skip }, () => {
  let ours: Side;
  let theirs: Side;

  before(async () => {
    [ours, theirs] = await Promise.all([start("ours"), start("nats-server")]);
  });
  after(async () => {
    await Promise.all([ours?.stop(), theirs?.stop()]);
  });

  const compare = async (path: string, ignoring: readonly string[] = []): Promise<void> => {
    const [mine, real] = await Promise.all([ours.get(path), theirs.get(path)]);
    const head = ({ status, type, origin }: typeof mine): object => ({ path, status, type, origin });
    assert.deepEqual(head(mine), head(real));
    assertAlike(mine.body, real.body, path, ignoring);
  };

  test("/varz, but for how many subscriptions the server has of its own", async () => {
    await compare("/varz", ["subscriptions", "total_connections"]);
    await compare("/varz?unknown=1", ["subscriptions", "total_connections"]);
  });

  test("/connz, with all of its parameters", async () => {
    // What a closed connection had not been sent is a matter of moments.
    for (const query of connz)
      await compare(`/connz${query}`, /closed|any|all/.test(query) ? ["pending_bytes"] : []);
  });

  test("/subsz, for accounts whose subscriptions are the clients'", async () => {
    for (const query of subsz) {
      await compare(`/subsz${query}`, ["subscriptions_list"]);
      await compare(`/subscriptionsz${query}`, ["subscriptions_list"]);
    }
  });

  test("subscriptions in detail, whatever their order", async () => {
    const list = async (side: Side): Promise<unknown[]> => {
      const { body } = await side.get("/subsz?acc=A&subs=1");
      const rows = (JSON.parse(body) as { subscriptions_list: Record<string, unknown>[] }).subscriptions_list;
      return rows
        .map((row) => ({ ...row, sid: "", cid: 0 }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    };

    assert.deepEqual(await list(ours), await list(theirs));
  });

  test("endpoints that have less to say", async () => {
    for (const path of others) await compare(path);
  });

  test("an account in detail, whatever the order of what it shares", async () => {
    for (const name of ["A", "B", "SYS", "$G"]) {
      const detail = async (side: Side): Promise<unknown> => {
        const { body } = await side.get(`/accountz?acc=${name}`);
        const info = (JSON.parse(body) as { account_detail: Record<string, unknown[]> }).account_detail;
        const sorted = (list?: unknown[]): string[] | undefined =>
          list?.map((each) => JSON.stringify(each)).sort();
        const { exports, imports, ...rest } = info;
        return {
          keys: Object.keys(info),
          mappings: rest.mappings,
          exports: sorted(exports),
          imports: sorted(imports),
        };
      };

      assert.deepEqual(await detail(ours), await detail(theirs), name);
    }
  });

  test("account statistics, for accounts that are the clients'", async () => {
    const stats = async (side: Side): Promise<unknown> => {
      const { body } = await side.get("/accstatz?unused=1");
      const rows = (JSON.parse(body) as { account_statz: { acc: string }[] }).account_statz;
      return rows.filter(({ acc }) => acc !== "SYS").sort((a, b) => (a.acc < b.acc ? -1 : 1));
    };

    assert.equal(JSON.stringify(await stats(ours)), JSON.stringify(await stats(theirs)));
  });

  test("every number that a page can be asked with, sensible or not", async () => {
    for (const value of numbers) {
      for (const name of ["limit", "offset"]) await compare(`/connz?${name}=${value}`);
      // Small numbers are somebody's, and not the same one's on both.
      if (!/^0*[0-9]$/.test(value)) await compare(`/connz?cid=${value}`);
      for (const name of ["limit", "offset"]) await compare(`/subsz?acc=nope&${name}=${value}`);
      for (const name of ["limit", "offset"]) await compare(`/jsz?${name}=${value}`);
    }
  });

  test("every way to say yes, no, and neither", async () => {
    for (const value of flags) {
      await compare(`/connz?auth=${value}&limit=1`);
      await compare(`/connz?subs=${value}&limit=1`);
      await compare(`/subsz?acc=nope&subs=${value}`);
      await compare(`/healthz?details=${value}`);
      await compare(`/accstatz?unused=${value}`, ["account_statz"]);
    }
  });

  test("answers are moved in by two blanks a level", async () => {
    for (const path of ["/varz", "/connz?subs=1", "/subsz?acc=A", "/jsz", "/accountz", "/accstatz"]) {
      const { body } = await ours.get(path);

      const plain = body.replace(/\\u(003[ce]|0026)/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      assert.equal(plain, JSON.stringify(JSON.parse(body), null, 2), path);
    }
  });
});

/** A server with clients in both accounts, one that is gone, and one that was never let in. */
async function start(name: "ours" | "nats-server"): Promise<Side> {
  const side = await Side.start(name, accountsConfig);
  const a = await side.client({
    user: "a",
    pass: "secret-of-a",
    name: "first <&>",
    lang: "raw",
    version: "1.2.3",
  });
  a.send("SUB foo 1\r\nSUB grouped.* workers 2\r\nSUB déjà.vu 3\r\nUNSUB 1 10\r\n".normalize());
  await a.sync();
  const b = await side.client({ user: "b", pass: "secret-of-b" });
  b.send("SUB > 7\r\nPUB one 5\r\nhello\r\nPUB two 2\r\nhi\r\n");
  await b.sync();
  const limited = await side.client({ user: "limited", pass: "p", name: "limited" });
  limited.send("PUB foo 3\r\nbad\r\nPUB ok.then 6\r\nbetter\r\nPUB ok.more 1\r\nx\r\n");
  await limited.sync();
  const gone = await side.client({ user: "a", pass: "secret-of-a", name: "gone" });
  gone.send("SUB left.behind 9\r\n");
  await gone.sync();
  gone.send("NONSENSE\r\n");
  await gone.ended();
  const refused = await side.stranger({ user: "a", pass: "wrong" });
  await refused.ended();
  a.send("PUB foo 2\r\nhi\r\n");
  await a.sync();
  return side;
}
