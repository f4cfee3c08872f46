// What a user may subscribe to, publish and be delivered must be the same on our broker and on a real nats-server:
// permission sets from seeds, each tried with traffic. PERMISSION_SEEDS=10000 tries more, PERMISSION_SEED=17 just one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { skip, withBoth } from "./both-brokers.ts";
import { configured, type PermissionSet, replyTo, type Trial, trialOf } from "./permission-sets.ts";

const seedsDefault = 150;
/** Users of one server's configuration. */
const batchMax = 500;
const shownMax = 10;

const only = process.env.PERMISSION_SEED;
const first = Number(only ?? 1);
const seeds = only === undefined ? Number(process.env.PERMISSION_SEEDS ?? seedsDefault) : 1;

function configFor(
  trials: readonly Trial[],
  changed: (set: PermissionSet, seed: number) => PermissionSet,
): string {
  const users = trials.map(
    ({ seed, permissions }) =>
      `{ user: "u${seed}", password: p, permissions: ${configured(changed(permissions, seed))} }`,
  );
  return `authorization { users: [\n{ user: admin, password: p }\n${users.join("\n")}\n] }`;
}

async function connected(broker: BrokerProcess, user: string): Promise<RawPeer> {
  const peer = await RawPeer.dial(broker.port, broker.host);
  peer.send(
    `CONNECT {"verbose":false,"pedantic":false,"echo":false,"protocol":0,"user":"${user}","pass":"p"}\r\n`,
  );
  return peer;
}

/** Refusals in their order, then deliveries in any. */
function ordered(words: string): string[] {
  const refusals = words.match(/-ERR [^\r\n]*/g) ?? [];
  const deliveries = words.match(/MSG [^\r\n]*/g) ?? [];
  return [...refusals, ...deliveries.sort()];
}

/** All that a user and the others hear in one trial. */
async function experience(broker: BrokerProcess, trial: Trial): Promise<string[]> {
  const [user, admin] = await Promise.all([connected(broker, `u${trial.seed}`), connected(broker, "admin")]);
  const publish = (subject: string, reply: string): string => `PUB ${subject} ${reply} 1\r\nx\r\n`;
  const subscribe = trial.subscriptions.map(({ pattern, queue }, sid) =>
    queue === undefined ? `SUB ${pattern} ${sid}\r\n` : `SUB ${pattern} ${queue} ${sid}\r\n`,
  );
  user.send(subscribe.join(""));
  admin.send("SUB > 1\r\n");
  await Promise.all([user.sync(), admin.sync()]);
  admin.send(trial.heard.map((subject, place) => publish(subject, replyTo(place))).join(""));
  await admin.sync();
  await user.sync();
  user.send(trial.said.map((subject) => publish(subject, "")).join(""));
  await user.sync();
  await admin.sync();
  user.close();
  admin.close();
  return [...ordered(user.words()), "— the others hear —", ...ordered(admin.words())];
}

interface Compared {
  /** By seed. */
  readonly differences: ReadonlyMap<number, string>;
  /** Refusals and deliveries met, so that a run that tries nothing is noticed. */
  readonly refusals: number;
  readonly deliveries: number;
}

/** @param changed what our broker is told instead of a set. */
async function compare(
  trials: readonly Trial[],
  changed: (set: PermissionSet, seed: number) => PermissionSet = (set) => set,
): Promise<Compared> {
  const differences = new Map<number, string>();
  const met: string[] = [];
  const configs = [configFor(trials, changed), configFor(trials, (set) => set)] as const;
  await withBoth(configs, async (mine, theirs) => {
    for (const trial of trials) {
      const [got, expected] = await Promise.all([experience(mine, trial), experience(theirs, trial)]);
      met.push(...expected);
      if (got.join("\n") !== expected.join("\n")) differences.set(trial.seed, told(trial, got, expected));
    }
  });
  const count = (start: string): number => met.filter((line) => line.startsWith(start)).length;
  return { differences, refusals: count("-ERR"), deliveries: count("MSG") };
}

function told(trial: Trial, got: readonly string[], expected: readonly string[]): string {
  const only = (left: readonly string[], right: readonly string[]): string =>
    left.filter((line) => !right.includes(line)).join("\n  ");
  const both = `only ours:\n  ${only(got, expected)}\nonly nats-server:\n  ${only(expected, got)}`;
  return `PERMISSION_SEED=${trial.seed} ${JSON.stringify(trial)}\n${both}`;
}

function trials(from: number, count: number): Trial[] {
  return Array.from({ length: count }, (_, place) => trialOf(from + place));
}

test("a real nats-server allows, denies and delivers as we do", { skip }, async () => {
  const differences: string[] = [];
  let met = 0;
  for (let from = first; from < first + seeds; from += batchMax) {
    const compared = await compare(trials(from, Math.min(batchMax, first + seeds - from)));
    differences.push(...compared.differences.values());
    met += Math.min(compared.refusals, compared.deliveries);
  }

  assert.equal(
    differences.length,
    0,
    `${differences.length} of ${seeds} differ\n${differences.slice(0, shownMax).join("\n")}`,
  );
  assert.ok(met >= seeds, `${met} refusals or deliveries met`);
});

const withoutFirst = (list: readonly string[] | undefined): readonly string[] | undefined => list?.slice(1);
const faults: readonly ((set: PermissionSet) => PermissionSet)[] = [
  ({ subscribe, ...set }) => ({ ...set, subscribe: { ...subscribe, deny: withoutFirst(subscribe.deny) } }),
  ({ publish, ...set }) => ({ ...set, publish: { ...publish, deny: withoutFirst(publish.deny) } }),
  ({ subscribe, ...set }) => {
    const deny = subscribe.deny?.filter((entry) => !entry.includes(" "));
    return { ...set, subscribe: { ...subscribe, deny } };
  },
];

test("the comparison would notice a broker that skips a denial, of either kind or by queue", {
  skip,
}, async () => {
  const each = 25;
  const changed = (set: PermissionSet, seed: number): PermissionSet =>
    faults[Math.floor((seed - 1) / each)]!(set);

  const { differences } = await compare(trials(1, each * faults.length), changed);

  const noticed = new Set(differences.keys().map((seed) => Math.floor((seed - 1) / each)));
  assert.equal(noticed.size, faults.length);
});
