// What the vault promises about sealed seeds.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Fault } from "../base/assert.ts";
import type { Random } from "../ports/random.ts";
import { Vault } from "./vault.ts";

const random: Random = { bytes: (length) => randomBytes(length), below: () => 0 };
const seed = Buffer.from("SUAMXPGNIKT2ZJ4EMKQP3F2XAVXMQDWQYTW4IWIXHNYMY6RDO2WTOS5XFA");
const purpose = { id: "ACCOUNT", purpose: "signing-key" };

test("a sealed seed opens with the key and the purpose it was sealed with", () => {
  const vault = new Vault(randomBytes(32), random);

  const sealed = vault.seal(seed, purpose);

  assert.deepEqual(vault.open(sealed, purpose), seed);
  assert.equal(Buffer.from(sealed).includes(seed), false);
});

test("two sealings of one seed have nothing in common", () => {
  const vault = new Vault(randomBytes(32), random);

  const [first, second] = [vault.seal(seed, purpose), vault.seal(seed, purpose)];

  assert.notDeepEqual(first.subarray(1, 13), second.subarray(1, 13), "nonce");
  assert.notDeepEqual(first.subarray(13), second.subarray(13), "ciphertext and tag");
});

test("another master key opens nothing", () => {
  const sealed = new Vault(randomBytes(32), random).seal(seed, purpose);

  assert.throws(() => new Vault(randomBytes(32), random).open(sealed, purpose), Fault);
});

test("a change of any byte, or a cut at any place, is noticed", () => {
  const vault = new Vault(randomBytes(32), random);
  const sealed = vault.seal(seed, purpose);

  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    assert.throws(() => vault.open(changed, purpose), Fault, `byte ${at}`);
    assert.throws(() => vault.open(sealed.subarray(0, at), purpose), Fault, `cut at ${at}`);
  }
});

test("a seed sealed for one owner or purpose cannot be passed off as another's", () => {
  const vault = new Vault(randomBytes(32), random);
  const sealed = vault.seal(seed, purpose);

  for (const other of [
    { id: "ANOTHER", purpose: "signing-key" },
    { id: "ACCOUNT", purpose: "operator" },
    { id: "-keyACCOUNT", purpose: "signing" }, // the same letters, cut elsewhere
  ]) {
    assert.throws(() => vault.open(sealed, other), Fault, JSON.stringify(other));
  }
});

test("what a failed opening says names the owner and shows no secret", () => {
  const masterKey = randomBytes(32);
  const sealed = new Vault(randomBytes(32), random).seal(seed, purpose);

  assert.throws(
    () => new Vault(masterKey, random).open(sealed, purpose),
    (error: Fault) => error.context.id === "ACCOUNT" && !`${error.message}${error.stack}`.includes("SUAM"),
  );
});
