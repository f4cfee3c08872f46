import assert from "node:assert/strict";
import { test } from "node:test";
import { Bucket } from "./bucket.ts";

test("a second's worth may come at once; what is beyond is owed until it is paid back", () => {
  const bucket = new Bucket(100, 0);

  bucket.spend(100);
  const within = bucket.owedMs(0);
  bucket.spend(50);

  assert.equal(within, 0);
  assert.equal(bucket.owedMs(0), 500);
  assert.equal(bucket.owedMs(400), 100);
  assert.equal(bucket.owedMs(500), 0);
});

test("nothing is saved up beyond a second's worth", () => {
  const bucket = new Bucket(100, 0);

  assert.ok(bucket.isFull(60_000));
  bucket.spend(200);

  assert.equal(bucket.owedMs(60_000), 1_000);
  assert.ok(!bucket.isFull(61_999));
  assert.ok(bucket.isFull(62_000));
});

test("debts beyond the most are forgiven", () => {
  const bucket = new Bucket(100, 0, 50);

  bucket.spend(1_000_000);

  assert.equal(bucket.owedMs(0), 500);
});

test("without a rate nothing is ever owed", () => {
  const bucket = new Bucket(0, 0);

  bucket.spend(1_000_000);

  assert.equal(bucket.owedMs(0), 0);
});
