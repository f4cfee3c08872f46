// Which subjects reach which subscriptions must be the same on our broker and on a real nats-server: thousands of pairs
// over one connection, while subscriptions come and go. SUBJECT_ROUNDS=200 tries more, SUBJECT_SEED=17 just one round.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BrokerProcess,
  type BrokerProgram,
  brokerPrograms,
  startBrokerProcess,
} from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { type Chance, chanceOf } from "../world/chance.ts";

const roundsDefault = 4;
const patternsPerRound = 150;
const subjectsPerRound = 60;

const [ours, real] = brokerPrograms() as [BrokerProgram, BrokerProgram];
const only = process.env.SUBJECT_SEED;
const first = Number(only ?? 1);
const rounds = only === undefined ? Number(process.env.SUBJECT_ROUNDS ?? roundsDefault) : 1;

interface Round {
  readonly patterns: readonly string[];
  readonly subjects: readonly string[];
  /** Places of the patterns that leave half-way. */
  readonly leavers: ReadonlySet<number>;
}

const words = ["a", "b", "ab", "\u00c3\u00a9", "$JS", "a-b"];
/** What only looks like a wildcard. */
const lookalikes = ["a*", "*a", "**", ">>", "a>", ">a"];
const long = "x".repeat(300);

function roundOf(seed: number): Round {
  const chance = chanceOf(seed);
  const patterns = Array.from({ length: patternsPerRound }, () => pattern(chance));
  const subjects = Array.from({ length: subjectsPerRound }, () => subject(chance, patterns));
  const leavers = new Set(patterns.keys().filter(() => chance.below(2) === 0));
  return { patterns, subjects, leavers };
}

function pattern(chance: Chance): string {
  const tokens = Array.from({ length: 1 + chance.below(5) }, () => token(chance, ["*", "*", "*"]));
  if (chance.below(4) === 0) tokens.push(">");
  // Now and then one that may not be subscribed to.
  if (chance.below(25) === 0) tokens.splice(chance.below(tokens.length), 0, chance.pick(["", ">"]));
  return tokens.join(".");
}

/** Often one that some pattern was made for. */
function subject(chance: Chance, patterns: readonly string[]): string {
  if (chance.below(3) > 0) {
    const filled = chance
      .pick(patterns)
      .split(".")
      .map((each) => (each === "*" || each === ">" ? token(chance, []) : each));
    return filled.join(".");
  }
  return Array.from({ length: 1 + chance.below(6) }, () => token(chance, ["*", ">", ""])).join(".") || "a";
}

function token(chance: Chance, more: readonly string[]): string {
  if (chance.below(30) === 0) return long;
  return chance.below(8) === 0 ? chance.pick(lookalikes) : chance.pick([...words, ...more]);
}

/** What one connection hears that subscribes to all patterns, publishes all subjects, and again after some have left. */
async function heard(broker: BrokerProcess, { patterns, subjects, leavers }: Round): Promise<string[]> {
  const peer = await RawPeer.dial(broker.port, broker.host);
  peer.send('CONNECT {"verbose":false,"pedantic":false,"protocol":0}\r\n');
  peer.send(patterns.map((each, sid) => `SUB ${each} ${sid}\r\n`).join(""));
  await peer.sync();
  const publish = subjects
    .map((each, place) => `PUB ${each} ${String(place).length}\r\n${place}\r\n`)
    .join("");
  peer.send(publish);
  await peer.sync();
  const before = peer.words().length;
  peer.send([...leavers].map((sid) => `UNSUB ${sid}\r\n`).join("") + publish);
  await peer.sync();
  peer.close();
  return [
    ...lines(peer.words().slice(0, before)),
    "— some have left —",
    ...lines(peer.words().slice(before)),
  ];
}

/** Refusals, and who got what, in an order that does not depend on the server. */
function lines(words: string): string[] {
  return [
    ...(words.match(/-ERR [^\r\n]*/g) ?? []),
    ...(words.match(/MSG [^\r\n]*\r\n[^\r\n]*/g) ?? []).sort(),
  ];
}

/** @param changed what our broker is asked instead. */
async function compare(
  seeds: readonly number[],
  changed: (round: Round) => Round = (round) => round,
): Promise<{ differences: string[]; deliveries: number }> {
  const [mine, theirs] = await Promise.all([startBrokerProcess(ours, ""), startBrokerProcess(real, "")]);
  const differences: string[] = [];
  let deliveries = 0;
  try {
    for (const seed of seeds) {
      const round = roundOf(seed);
      const [got, expected] = await Promise.all([heard(mine, changed(round)), heard(theirs, round)]);
      deliveries += expected.length;
      const missing = expected.filter((line) => !got.includes(line));
      const extra = got.filter((line) => !expected.includes(line));
      if (got.join("\n") === expected.join("\n")) continue;
      const shown = (list: string[]): string =>
        list
          .slice(0, 10)
          .map((line) => JSON.stringify(line))
          .join("\n  ");
      differences.push(`SUBJECT_SEED=${seed}\nmissing:\n  ${shown(missing)}\ntoo much:\n  ${shown(extra)}`);
    }
  } finally {
    await Promise.all([mine.stop(), theirs.stop()]);
  }
  return { differences, deliveries };
}

test("a real nats-server delivers each subject to the same subscriptions as we do", {
  skip: real.skip,
}, async () => {
  const seeds = Array.from({ length: rounds }, (_, place) => first + place);

  const { differences, deliveries } = await compare(seeds);

  assert.equal(differences.length, 0, differences.slice(0, 5).join("\n"));
  const pairs = rounds * patternsPerRound * subjectsPerRound;
  assert.ok(deliveries > pairs / 100, `only ${deliveries} deliveries of ${pairs} pairs`);
});

test("the comparison would notice a wildcard that matches across a token", { skip: real.skip }, async () => {
  const across = (round: Round): Round => ({
    ...round,
    patterns: round.patterns.map((each, place) => (place % 50 === 0 ? each.replace(/\.\*$/, ".>") : each)),
  });
  const { differences } = await compare([1, 2, 3], across);

  assert.ok(differences.length > 0);
});
