import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { newAccount } from "../identity/account-claims.ts";
import { encodeAccount } from "../identity/encode.ts";
import { aKey } from "../identity/identity.testing.ts";
import { CachedClaims } from "./cached-claims.ts";

const [a, b, c] = [0, 1, 2].map((number) => aKey("account", number).publicKey) as [string, string, string];
const directory = "/jwt";
const operator = aKey("operator");
const hourMs = 3_600_000;

function aCache({ limit = 10, ttlMs = hourMs, disk = new SimDisk(1), clock = new ManualClock() } = {}) {
  return { disk, clock, cache: new CachedClaims(disk, clock, { directory, limit, ttlMs }) };
}

/** A JWT that expires so many milliseconds from now. */
function jwtUntil(clock: ManualClock, id: string, leftMs: number): string {
  const seconds = Math.floor(clock.now() / 1_000);
  return encodeAccount({ ...newAccount(id), exp: seconds + leftMs / 1_000 }, operator, seconds);
}

test("beyond the limit the account used longest ago makes room", () => {
  const { cache } = aCache({ limit: 2 });
  cache.save(a, "of a");
  cache.save(b, "of b");
  cache.fetch(a);

  cache.save(c, "of c");

  assert.deepEqual(cache.list().toSorted(), [a, c].toSorted());
  assert.equal(cache.fetch(b), undefined);
});

test("an account goes when its time after its last use is over", () => {
  const { cache, clock } = aCache({ ttlMs: hourMs });
  cache.save(a, "of a");
  cache.save(b, "of b");
  clock.advance(hourMs - 60_000);
  cache.fetch(a);

  clock.advance(2 * 60_000);

  assert.deepEqual(cache.list(), [a]);
  clock.advance(2 * hourMs);
  assert.deepEqual(cache.list(), []);
});

test("without a time of its own the cache keeps an account until its JWT expires", () => {
  const { cache, clock } = aCache({ ttlMs: 0 });
  cache.save(a, jwtUntil(clock, a, hourMs));
  cache.save(b, encodeAccount(newAccount(b), operator, 0));

  clock.advance(hourMs + 60_000);

  assert.deepEqual(cache.list(), [b]);
});

test("what a cache finds in its directory it keeps as if it had just been used", () => {
  const { disk, cache } = aCache();
  cache.save(a, "of a");
  const clock = new ManualClock();
  clock.advance(10 * hourMs);

  const again = aCache({ disk, clock }).cache;
  clock.advance(hourMs - 60_000);
  assert.deepEqual(again.list(), [a]);
  clock.advance(2 * 60_000);

  assert.deepEqual(again.list(), []);
});

test("a file that somebody else took away is an account that is not there", () => {
  const { disk, cache, clock } = aCache();
  cache.save(a, "of a");
  disk.unlinkSync(`${directory}/${a}.jwt`);

  assert.equal(cache.fetch(a), undefined);
  clock.advance(2 * hourMs);
  assert.deepEqual(cache.list(), []);
});

test("a file that somebody else put there is an account", () => {
  const { disk, cache } = aCache();
  aCache({ disk }).cache.save(b, "of b");

  assert.equal(cache.fetch(b), "of b");
  assert.deepEqual(cache.list(), [b]);
});
