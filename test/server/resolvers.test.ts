// Accounts that a server has to ask for: behind a URL, or of others in the system account, kept for a while or not at all.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { makeAuthority, makeLeaf } from "../../src/node/local-ca.ts";
import {
  type BrokerProcess,
  type BrokerProgram,
  brokerPrograms,
  startBrokerProcess,
} from "../support/broker-process.ts";
import { Account, now, openLimits, Realm } from "../support/realm.ts";
import { refused, SystemUser, signedIn } from "../support/signed-in.ts";

const violation = "Authorization Violation";
const stream = { name: "s", subject: "s", type: "stream" };

/** An HTTP server that knows accounts by their keys, and remembers what it was asked for. */
class AccountServer {
  readonly jwts = new Map<string, string>();
  readonly asked: string[] = [];
  /** Accounts that it never answers for. */
  readonly silent = new Set<string>();
  readonly #server: Server;

  constructor(tls?: { readonly cert: string; readonly key: string }) {
    this.#server = tls === undefined ? createServer() : createSecureServer(tls);
    this.#server.on("request", ({ url = "" }, response) => {
      const id = url.split("/").at(-1)!;
      if (id !== "") this.asked.push(id);
      if (this.silent.has(id)) return;
      if (url.startsWith("/moved/")) return response.writeHead(302, { location: `/accounts/${id}` }).end();
      const jwt = id === "" ? "somebody is home" : this.jwts.get(id);
      response.writeHead(jwt === undefined ? 404 : 200).end(jwt);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

for (const program of brokerPrograms()) {
  describe(`a resolver of a URL at ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    const cleanups: (() => unknown)[] = [];
    after(async () => {
      for (const cleanup of cleanups) await cleanup();
    });

    /** A server that asks an account server, which knows these accounts and the system account. */
    async function resolved(...accounts: readonly Account[]): Promise<[BrokerProcess, AccountServer]> {
      const server = await new AccountServer().start();
      cleanups.push(() => server.stop());
      for (const account of [realm.system, ...accounts]) {
        server.jwts.set(account.id, realm.accountJwt(account));
      }
      return [await started(`URL("http://${server.address}/accounts/")`), server];
    }

    async function started(resolver: string, more = ""): Promise<BrokerProcess> {
      const broker = await startBrokerProcess(program, operatorConfig(realm, resolver, more));
      cleanups.unshift(() => broker.stop());
      return broker;
    }

    test("an account is asked for when it is first needed, and then known", async () => {
      const account = new Account("A");
      const [{ port }, server] = await resolved(account);

      assert.equal(await refused(port, account.user("u")), "");
      assert.equal(await refused(port, account.user("v")), "");

      assert.deepEqual(
        server.asked.filter((id) => id === account.id),
        [account.id],
      );
    });

    test("an account that is not there is refused, and asked for again", async () => {
      const account = new Account("A");
      const [{ port }, server] = await resolved();

      assert.equal(await refused(port, account.user("u")), violation);
      server.jwts.set(account.id, realm.accountJwt(account));

      assert.equal(await refused(port, account.user("u")), "");
    });

    test("what is another account's, another operator's, or no JWT lets nobody in", async () => {
      const accounts = ["another's", "foreign", "garbage", "expired"].map((name) => new Account(name));
      const [{ port }, server] = await resolved();
      const jwts = [
        realm.accountJwt(new Account("other")),
        new Realm().accountJwt(accounts[1]!),
        "garbage",
        realm.accountJwt(accounts[3]!, { exp: now() - 10 }),
      ];
      for (const [at, { id }] of accounts.entries()) server.jwts.set(id, jwts[at]!);

      for (const account of accounts) {
        assert.equal(await refused(port, account.user("u")), violation, account.name);
      }
    });

    test("with an account come those it imports from", async () => {
      const [exporter, importer] = [new Account("EX"), new Account("IM")];
      const [{ port }, server] = await resolved();
      server.jwts.set(exporter.id, realm.accountJwt(exporter, { nats: { exports: [stream] } }));
      const imports = [{ ...stream, account: exporter.id }];
      server.jwts.set(importer.id, realm.accountJwt(importer, { nats: { imports } }));
      const listener = await signedIn(port, importer.user("l"));
      listener.send("SUB s 1\r\n");
      await listener.sync(1);
      const speaker = await signedIn(port, exporter.user("s"));

      speaker.send("PUB s 5\r\nhello\r\n");
      await speaker.sync(1);
      await listener.until(() => listener.heard.includes("hello"), "what the exporter says");

      listener.close();
      speaker.close();
    });

    test("an account that is over is asked for again", async () => {
      const account = new Account("short");
      const [{ port }, server] = await resolved();
      server.jwts.set(account.id, realm.accountJwt(account, { exp: now() + 2 }));
      const peer = await signedIn(port, account.user("u"));
      await peer.ended();
      server.jwts.set(account.id, realm.accountJwt(account));

      // Not more than once a second: until then it is refused.
      const deadline = Date.now() + 5_000;
      let answer = violation;
      while (answer !== "" && Date.now() < deadline) answer = await refused(port, account.user("v"));

      assert.equal(answer, "");

      assert.match(peer.words(), /-ERR 'Account Authentication Expired'\r\n$/);
    });

    test("a JWT that is sent to an account's subject counts where it is in use", async () => {
      const [used, unused] = [new Account("used"), new Account("unused")];
      const [{ port }] = await resolved(used, unused);
      const system = await SystemUser.dial(port, realm.system.user("control"));
      cleanups.unshift(() => system.close());
      const peer = await signedIn(port, used.user("u"));
      const send = (account: Account, jwt: string) =>
        system.answer(`$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`, jwt);
      const closing = { nats: { revocations: { "*": now() + 1 } } };

      const answers = [
        await send(unused, realm.accountJwt(unused, closing)),
        await send(used, ""),
        await send(used, realm.accountJwt(unused)),
        await send(used, new Realm().accountJwt(used)),
        await send(used, realm.accountJwt(used, closing)),
      ];
      await peer.ended();

      assert.deepEqual(
        answers.map(({ data, error }) => data?.message ?? error?.description),
        [
          "jwt update skipped",
          "jwt update error - request body is empty",
          "jwt update resulted in error - subject does not match jwt content",
          "jwt update resulted in error - account validation failed",
          "jwt updated",
        ],
      );
    });

    test("a redirect is followed", async () => {
      const account = new Account("A");
      const server = await new AccountServer().start();
      cleanups.push(() => server.stop());
      server.jwts.set(account.id, realm.accountJwt(account));
      const { port } = await started(`URL("http://${server.address}/moved")`);

      assert.equal(await refused(port, account.user("u")), "");
    });

    test("an account that nobody answers for is refused in time, and keeps nobody waiting", async () => {
      const [silent, known] = [new Account("silent"), new Account("known")];
      const [{ port }, server] = await resolved(known);
      server.silent.add(silent.id);

      const waiting = refused(port, silent.user("u"));

      assert.equal(await refused(port, known.user("u")), "");
      assert.ok([violation, "Authentication Timeout"].includes(await waiting));
    });

    test("a server over TLS is asked where resolver_tls vouches for it, and not where nobody does", async () => {
      const account = new Account("A");
      const directory = mkdtempSync(join(tmpdir(), "chappe-resolver-"));
      const authority = makeAuthority(Date.now());
      const leaf = makeLeaf(authority, ["127.0.0.1"], Date.now());
      const server = await new AccountServer(leaf).start();
      cleanups.push(
        () => server.stop(),
        () => rmSync(directory, { recursive: true }),
      );
      server.jwts.set(account.id, realm.accountJwt(account));
      writeFileSync(join(directory, "ca.pem"), authority.cert);
      const url = `URL("https://${server.address}/accounts/")`;

      const { port } = await started(url, `resolver_tls { ca_file: "${join(directory, "ca.pem")}" }`);

      assert.equal(await refused(port, account.user("u")), "");
      await assert.rejects(started(url), /could not fetch <\\?"https:/);
    });

    test("a server does not start where nobody is home, or with a preload", async () => {
      const server = await new AccountServer().start();
      const url = `URL("http://${server.address}/accounts/")`;
      const preload = `resolver_preload { ${realm.system.id}: "${realm.accountJwt(realm.system)}" }`;

      await assert.rejects(started(url, preload), /resolver preloads only available for writeable resolver/);
      server.stop();
      await assert.rejects(started(url), /could not fetch <"http:\/\/127.0.0.1:\d+\/accounts\/">/);
    });
  });

  describe(`a resolver that caches at ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    const cleanups: (() => unknown)[] = [];
    after(async () => {
      for (const cleanup of cleanups) await cleanup();
    });

    test("what it does not have is asked for in the system account, and kept over a restart", async () => {
      const account = new Account("A");
      const cell = await asking(program, realm, 'type: cache, ttl: "1h"', cleanups);
      cell.jwts.set(account.id, realm.accountJwt(account));

      assert.equal(await refused(cell.port, account.user("u")), "");
      assert.equal(await refused(cell.port, account.user("v")), "");
      assert.deepEqual(cell.asked, [account.id]);
      assert.deepEqual(readdirSync(cell.directory), [`${account.id}.jwt`]);

      await cell.stop();
      const again = await startBrokerProcess(program, cell.config);
      cleanups.unshift(() => again.stop());
      assert.equal(await refused(again.port, account.user("u")), "");
    });

    test("an account that is not known there, or is wrong, is refused", async () => {
      const [unknown, silent, foreign] = ["unknown", "silent", "foreign"].map((name) => new Account(name));
      const cell = await asking(program, realm, 'type: cache, timeout: "300ms"', cleanups);
      cell.jwts.set(unknown!.id, "");
      cell.jwts.set(foreign!.id, new Realm().accountJwt(foreign!));

      assert.equal(await refused(cell.port, unknown!.user("u")), violation);
      assert.equal(await refused(cell.port, silent!.user("u")), violation);
      assert.equal(await refused(cell.port, foreign!.user("u")), violation);
      assert.deepEqual(cell.asked, [unknown!.id, silent!.id, foreign!.id]);
    });

    test("claims that are pushed count where the account is in use; accounts are listed and deleted", async () => {
      const [used, unused] = [new Account("used"), new Account("unused")];
      const cell = await asking(program, realm, "type: cache", cleanups);
      for (const each of [used, unused]) cell.jwts.set(each.id, realm.accountJwt(each));
      const peer = await signedIn(cell.port, used.user("u"));
      const named = `$SYS.REQ.ACCOUNT.${used.id}.CLAIMS.UPDATE`;

      assert.equal(await cell.system.told(realm.accountJwt(unused)), "jwt update cache skipped");
      assert.equal(await cell.system.told(realm.accountJwt(used)), "jwt updated cache");
      const wrong = await cell.system.answer(named, realm.accountJwt(unused));
      const invalid = await cell.system.told(realm.accountJwt(used, { nats: { cluster_traffic: "x" } }));
      const listed = (await cell.system.ask("$SYS.REQ.CLAIMS.LIST")).json<{ data: string[] }>().data;
      const gone = await cell.system.answer("$SYS.REQ.CLAIMS.DELETE", realm.deletion(used));
      await peer.ended();

      assert.deepEqual(wrong.error, {
        account: used.id,
        code: 500,
        description: "jwt update cache resulted in error - subject does not match jwt content",
      });
      assert.match(invalid, /^jwt update cache validation failed - validation errors: \[unknown cluster/);
      assert.deepEqual(listed, [used.id]);
      assert.equal(gone.data?.message, "deleted 1 accounts");
    });

    test("beyond its limit the account that was not asked for longest makes room", async () => {
      const [first, second, third] = ["1", "2", "3"].map((name) => new Account(name));
      const cell = await asking(program, realm, "type: cache, limit: 2", cleanups);
      for (const each of [first!, second!, third!]) {
        cell.jwts.set(each.id, realm.accountJwt(each));
        assert.equal(await refused(cell.port, each.user("u")), "");
      }

      assert.deepEqual(
        readdirSync(cell.directory).toSorted(),
        [second!, third!].map(({ id }) => `${id}.jwt`).toSorted(),
      );
    });

    test("a full resolver asks in the system account, too", async () => {
      const account = new Account("A");
      const cell = await asking(program, realm, "type: full", cleanups);
      cell.jwts.set(account.id, realm.accountJwt(account));

      assert.equal(await refused(cell.port, account.user("u")), "");
      assert.deepEqual(readdirSync(cell.directory), [`${account.id}.jwt`]);
    });

    test("a deleted account's file stays under another name, if it is not to be deleted hard", async () => {
      const [soft, hard] = [new Account("soft"), new Account("hard")];
      const cells = [
        await asking(program, realm, "type: full, allow_delete: true", cleanups),
        await asking(program, realm, "type: full, allow_delete: true, hard_delete: true", cleanups),
      ] as const;
      for (const [at, account] of [soft, hard].entries()) {
        await cells[at]!.system.push(realm.accountJwt(account));
        await cells[at]!.system.answer("$SYS.REQ.CLAIMS.DELETE", realm.deletion(account));
      }

      assert.deepEqual(readdirSync(cells[0].directory), [`${soft.id}.jwt.deleted`]);
      assert.deepEqual(readdirSync(cells[1].directory), []);
    });

    test("a full store takes so many accounts and no more", async () => {
      const [first, second] = [new Account("1"), new Account("2")];
      const { system } = await asking(program, realm, "type: full, limit: 1", cleanups);

      assert.equal(await system.told(realm.accountJwt(first)), "jwt updated");
      assert.equal(
        await system.told(realm.accountJwt(second)),
        "jwt update resulted in error - jwt store is full",
      );
      assert.equal(await system.told(realm.accountJwt(first, { iat: now() + 1 })), "jwt updated");
    });

    test("a preload replaces what is stored and older, and nothing newer", async () => {
      const account = new Account("A");
      const directory = mkdtempSync(join(tmpdir(), "chappe-resolver-"));
      cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
      const jwt = (iat: number, conn: number): string =>
        realm.accountJwt(account, { iat, nats: { limits: { ...openLimits, conn } } });
      const answers: string[] = [];
      for (const preloaded of [jwt(now() - 20, -1), jwt(now() - 10, 0), jwt(now() - 30, -1)]) {
        const preload = `resolver_preload { ${account.id}: "${preloaded}" }`;
        const config = operatorConfig(realm, `{ type: full, dir: "${directory}" }`, preload);
        const broker = await startBrokerProcess(program, config);
        answers.push(await refused(broker.port, account.user("u")));
        await broker.stop();
      }

      const tooMany = "maximum account active connections exceeded";
      assert.deepEqual(answers, ["", tooMany, tooMany]);
    });

    test("the system account's claims count once they are found", async () => {
      const cell = await asking(program, realm, "type: full", cleanups);
      const closing = { nats: { revocations: { "*": now() + 1 } } };

      cell.jwts.set(realm.system.id, realm.accountJwt(realm.system, closing));

      await cell.system.connection.closed();
    });
  });
}

interface AskingCell {
  readonly port: number;
  readonly config: string;
  readonly directory: string;
  readonly system: SystemUser;
  /** What the system account's user answers to lookups: nothing for accounts that are not in here. */
  readonly jwts: Map<string, string>;
  /** Of which accounts it was asked, the system account aside. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** A server that knows no account at all, and a user of its system account who does. */
async function asking(
  program: BrokerProgram,
  realm: Realm,
  resolver: string,
  cleanups: (() => unknown)[],
): Promise<AskingCell> {
  const directory = mkdtempSync(join(tmpdir(), "chappe-resolver-"));
  const config = operatorConfig(realm, `{ ${resolver}, dir: "${directory}" }`);
  const broker = await startBrokerProcess(program, config);
  const system = await SystemUser.dial(broker.port, realm.system.user("control"));
  const jwts = new Map<string, string>();
  const asked: string[] = [];
  system.connection.subscribe("$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", {
    callback: (_, message) => {
      const id = message.subject.split(".")[3]!;
      if (id !== realm.system.id) asked.push(id);
      const jwt = jwts.get(id);
      if (jwt !== undefined) message.respond(jwt);
    },
  });
  await system.connection.flush();
  const stop = async (): Promise<void> => {
    await system.close();
    await broker.stop();
  };
  cleanups.push(stop, () => rmSync(directory, { recursive: true, force: true }));
  return { port: broker.port, config, directory, system, jwts, asked, stop };
}

function operatorConfig(realm: Realm, resolver: string, more = ""): string {
  return [
    `operator: "${realm.operatorJwt()}"`,
    `system_account: "${realm.system.id}"`,
    `resolver: ${resolver}`,
    more,
  ].join("\n");
}
