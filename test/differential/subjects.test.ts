// Which subjects reach which subscriptions must be the same on our broker and on a real nats-server: thousands of pairs
// over one connection, while subscriptions come and go. SUBJECT_ROUNDS=200 tries more, SUBJECT_SEED=17 just one round.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { type Chance, chanceOf } from "../world/chance.ts";
import { skip, withBoth } from "./both-brokers.ts";

const roundsDefault = 4;
const patternsPerRound = 150;
const subjectsPerRound = 60;

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
  const differences: string[] = [];
  let deliveries = 0;
  await withBoth(["", ""], async (mine, theirs) => {
    for (const seed of seeds) {
      const round = roundOf(seed);
      const [got, expected] = await Promise.all([heard(mine, changed(round)), heard(theirs, round)]);
      deliveries += expected.length;
      if (got.join("\n") !== expected.join("\n")) differences.push(told(seed, got, expected));
    }
  });
  return { differences, deliveries };
}

function told(seed: number, got: readonly string[], expected: readonly string[]): string {
  const shown = (left: readonly string[], right: readonly string[]): string =>
    left
      .filter((line) => !right.includes(line))
      .slice(0, 10)
      .map((line) => JSON.stringify(line))
      .join("\n  ");
  return `SUBJECT_SEED=${seed}\nmissing:\n  ${shown(expected, got)}\ntoo much:\n  ${shown(got, expected)}`;
}

test("a real nats-server delivers each subject to the same subscriptions as we do", {
  skip,
}, async () => {
  const seeds = Array.from({ length: rounds }, (_, place) => first + place);

  const { differences, deliveries } = await compare(seeds);

  assert.equal(differences.length, 0, differences.slice(0, 5).join("\n"));
  const pairs = rounds * patternsPerRound * subjectsPerRound;
  assert.ok(deliveries > pairs / 100, `only ${deliveries} deliveries of ${pairs} pairs`);
});

test("the comparison would notice a wildcard that matches across a token", { skip }, async () => {
  const across = (round: Round): Round => ({
    ...round,
    patterns: round.patterns.map((each, place) => (place % 50 === 0 ? each.replace(/\.\*$/, ".>") : each)),
  });
  const { differences } = await compare([1, 2, 3], across);

  assert.ok(differences.length > 0);
});
