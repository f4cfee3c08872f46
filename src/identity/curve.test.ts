import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { fromCurveSeed } from "@nats-io/nkeys";
import { openSealed, seal, sealNonceBytes } from "./curve.ts";
import { aKey } from "./identity.testing.ts";

const [alice, bob, eve] = [aKey("curve"), aKey("curve", 1), aKey("curve", 2)];
const nonce = (): Buffer => randomBytes(sealNonceBytes);
const theirs = (key: typeof alice): ReturnType<typeof fromCurveSeed> =>
  fromCurveSeed(Buffer.from(key.seed()));

for (const length of [0, 1, 15, 16, 63, 64, 65, 1_000, 70_000]) {
  test(`${length} bytes sealed by us are opened by the nkeys library, and the other way round`, () => {
    const plain = randomBytes(length);

    const ours = seal(plain, bob.publicKey, alice, nonce())!;
    assert.deepEqual(Buffer.from(theirs(bob).open(ours, alice.publicKey)!), plain);

    const other = theirs(alice).seal(plain, bob.publicKey);
    assert.deepEqual(openSealed(other, alice.publicKey, bob), plain);
  });
}

test("only the two can open, and nothing may be changed", () => {
  const sealed = seal(Buffer.from("secret"), bob.publicKey, alice, nonce())!;

  assert.equal(openSealed(sealed, bob.publicKey, alice)?.toString(), "secret");
  assert.equal(openSealed(sealed, alice.publicKey, eve), undefined);
  assert.equal(openSealed(sealed, eve.publicKey, bob), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    assert.equal(openSealed(changed, alice.publicKey, bob), undefined, `byte ${at}`);
    assert.equal(openSealed(sealed.subarray(0, at), alice.publicKey, bob), undefined, `${at} bytes`);
  }
});

test("a key that is no curve key gets nothing sealed", () => {
  for (const key of ["", "X", aKey("user").publicKey, bob.seed()]) {
    assert.equal(seal(Buffer.of(1), key, alice, nonce()), undefined);
    assert.equal(openSealed(Buffer.alloc(100), key, alice), undefined);
  }
});
