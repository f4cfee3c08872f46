// The hardest thing a person can do to it: SIGKILL to the control plane, to a cell, to both, thirty times while two
// hundred accounts and credentials are being made. What was answered must work; nothing may be half there or twice.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { installationKeys } from "../../src/app/installation.ts";
import { Claims } from "../../src/control/regions/claims.ts";
import { trustIn } from "../../src/control/regions/trust.ts";
import { openStore } from "../../src/control/store/sql-store.ts";
import { Vault } from "../../src/control/vault.ts";
import { realClock } from "../../src/node/clock.ts";
import { dialLine } from "../../src/node/nats-line.ts";
import { realProcesses } from "../../src/node/process.ts";
import { realRandom } from "../../src/node/random.ts";
import { openSqlite } from "../../src/node/sqlite.ts";
import { cellsOf, cleanUp, newDirectory, RunningChappe, skipReason } from "./chappe.ts";
import { type NatsAccount, type NatsCredentials, Refused, Rest } from "./rest.ts";
import { works } from "./tenant.ts";

const creations = 200;
const kills = 30;
const workers = 4;
const victims = ["control plane", "cell", "both"] as const;
/** A kill strikes this long after the creation that it is aimed at has begun, at most. */
const strikeWithinMs = 12;

/** A small generator, seeded: the same seed aims the same kills. CHAPPE_TEST_SEED replays one. */
function seeded(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

interface Answered {
  readonly account: NatsAccount;
  readonly credentials: NatsCredentials | undefined;
}

class Onslaught {
  readonly data: string;
  readonly answered: Answered[] = [];
  readonly chance: () => number;
  #running: Promise<RunningChappe>;
  #names = 0;
  #made = 0;
  #killed = 0;
  #lost = 0;

  constructor(data: string, chance: () => number) {
    this.data = data;
    this.chance = chance;
    this.#running = RunningChappe.start(data);
  }

  /** Creations that were answered. */
  get made(): number {
    return this.#made;
  }

  /** Creations that failed, or whose answer never came. */
  get lost(): number {
    return this.#lost;
  }

  get kills(): number {
    return this.#killed;
  }

  async run(): Promise<RunningChappe> {
    await this.#running;
    // Address and key stay the same over every restart: that, too, is what is tried here.
    const rest = new Rest(this.data);
    await Promise.all(Array.from({ length: workers }, () => this.#work(rest)));
    return this.#running;
  }

  /** An account and credentials of it, again and again; every few creations a kill is aimed at what is under way. */
  async #work(rest: Rest): Promise<void> {
    while (this.#made < creations || this.#killed < kills) {
      await this.#running;
      if (this.#killed < kills && this.#made >= this.#killed * (creations / kills)) this.#aim();
      const number = this.#names++;
      const account = await this.#answer(rest.createAccount(`account-${number}`));
      if (account === undefined) continue;
      await this.#running;
      const credentials = await this.#answer(rest.createCredentials(account, `credentials-${number}`));
      this.answered.push({ account, credentials });
    }
  }

  /** A creation that was not answered with success is nobody's: its client was told nothing, or that it failed. */
  async #answer<T>(creation: Promise<T>): Promise<T | undefined> {
    try {
      const made = await creation;
      this.#made++;
      return made;
    } catch (error) {
      const isCut = error instanceof TypeError; // what fetch throws when the connection breaks or is refused
      if (!isCut && !(error instanceof Refused && error.status >= 500)) throw error;
      this.#lost++;
      return undefined;
    }
  }

  #aim(): void {
    this.#killed++;
    setTimeout(() => void this.#hit(victims[this.#killed % victims.length]!), this.chance() * strikeWithinMs);
  }

  /** Kills; a control plane is started again at once, a cell is the control plane's business. */
  #hit(victim: (typeof victims)[number]): Promise<unknown> {
    const before = this.#running;
    this.#running = before.then(async (running) => {
      if (victim !== "control plane")
        for (const pid of cellsOf(this.data)) realProcesses.signal(pid, "SIGKILL");
      if (victim === "cell") return running;
      await running.kill();
      return await RunningChappe.start(this.data);
    });
    return this.#running;
  }
}

/** The accounts a cell holds claims for, asked as the system account asks. */
async function held(data: string, endpoint: string): Promise<readonly string[]> {
  const masterKey = Buffer.from(readFileSync(join(data, "master.key"), "utf8").trim(), "hex");
  const store = await openStore(openSqlite(join(data, "chappe.db")));
  const keys = await installationKeys(store, new Vault(masterKey, realRandom()), 0);
  await store.close();
  const { hostname, port } = new URL(endpoint);
  const trust = trustIn(keys, realClock, realRandom());
  const line = await dialLine({ host: hostname, port: Number(port) }, trust.systemUser(60_000), 5_000);
  const ids = await new Claims(() => Promise.resolve(line)).list();
  await line.close();
  return ids.filter((id) => id !== trust.systemAccountId);
}

describe("thirty kills", { skip: skipReason() }, () => {
  const data = newDirectory();
  after(() => cleanUp(data));

  test("after kill -9 of control plane, cell or both, every answered creation works, none is half there, none twice", async (context) => {
    const seed = Number(process.env.CHAPPE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const onslaught = new Onslaught(data, seeded(seed));
    const last = await onslaught.run();
    const { nats, http } = last.run;

    await last.stop();
    const running = await RunningChappe.start(data, "--keep-cells");
    const rest = new Rest(data);
    const accounts = await rest.accounts();
    const credentials = await rest.credentials();
    context.diagnostic(
      `seed ${seed}: ${onslaught.kills} kills, ${onslaught.made} creations answered, ${onslaught.lost} not`,
    );

    assert.deepEqual([running.run.nats, running.run.http], [nats, http]);
    assert.equal(onslaught.kills, kills);
    assert.ok(onslaught.made >= creations);
    onceEach(accounts.map(({ name }) => name));
    onceEach(credentials.map(({ name }) => name));
    const listed = new Set(accounts.map(({ id }) => id));
    const listedCredentials = new Set(credentials.map(({ id }) => id));
    for (const one of onslaught.answered) {
      assert.ok(listed.has(one.account.id), `${one.account.name} was answered and is listed`);
      if (one.credentials === undefined) continue;
      assert.ok(
        listedCredentials.has(one.credentials.id),
        `${one.credentials.name} was answered and is listed`,
      );
      await works(one.account, one.credentials);
    }
    assert.deepEqual([...(await held(data, nats["fr-par"]!))].sort(), [...listed].sort());
    const answered = new Set(onslaught.answered.map(({ account }) => account.id));
    for (const account of accounts.filter(({ id }) => !answered.has(id))) {
      await works(account, await rest.createCredentials(account, "afterwards"));
    }
    assert.equal(await running.stop(), 0);
  });
});

function onceEach(names: readonly string[]): void {
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  assert.deepEqual(twice, []);
}
