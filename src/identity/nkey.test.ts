import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { createPair, fromPublic, fromSeed, Prefix } from "@nats-io/nkeys";
import { encodeBase32 } from "./base32.ts";
import {
  decodePublicKey,
  decodeSeed,
  encodePublicKey,
  encodeSeed,
  isPublicKey,
  type KeyKind,
  KeyPair,
  Verifier,
  verifySignature,
} from "./nkey.ts";

const data = Buffer.from("a nonce, say");
const signing: readonly [KeyKind, letter: string, Prefix][] = [
  ["operator", "O", Prefix.Operator],
  ["account", "A", Prefix.Account],
  ["user", "U", Prefix.User],
  ["server", "N", Prefix.Server],
  ["cluster", "C", Prefix.Cluster],
];

for (const [kind, letter, prefix] of signing) {
  test(`a key of ours for a ${kind} signs what the nkeys library verifies, and the other way round`, () => {
    const ours = KeyPair.create(kind, randomBytes(32));
    const theirs = createPair(prefix);

    assert.equal(ours.publicKey[0], letter);
    assert.equal(ours.seed().slice(0, 2), `S${letter}`);
    assert.equal(fromPublic(ours.publicKey).verify(data, ours.sign(data)), true);
    assert.equal(verifySignature(theirs.getPublicKey(), data, theirs.sign(data)), true);
    assert.equal(fromSeed(Buffer.from(ours.seed())).getPublicKey(), ours.publicKey);
    assert.equal(
      Buffer.from(fromSeed(Buffer.from(ours.seed())).getPrivateKey()).toString(),
      ours.privateKey(),
    );
    assert.equal(
      KeyPair.fromSeed(Buffer.from(theirs.getSeed()).toString())?.publicKey,
      theirs.getPublicKey(),
    );
    assert.equal(KeyPair.fromSeed(ours.seed())?.seed(), ours.seed());
  });
}

test("a curve key has the public half that the nkeys library gives it", () => {
  const theirs = createPair(Prefix.Curve);

  const ours = KeyPair.fromSeed(Buffer.from(theirs.getSeed()).toString());

  assert.equal(ours?.publicKey, theirs.getPublicKey());
  assert.equal(ours?.kind, "curve");
  assert.equal(verifySignature(theirs.getPublicKey(), data, Buffer.alloc(64)), false);
});

test("a changed message, signature or key is noticed", () => {
  const pair = KeyPair.create("user", randomBytes(32));
  const signature = pair.sign(data);
  const verifier = new Verifier(1);

  for (const check of [verifySignature, verifier.verify.bind(verifier)]) {
    assert.equal(check(pair.publicKey, data, signature), true);
    assert.equal(check(pair.publicKey, data, signature), true);
    assert.equal(check(pair.publicKey, Buffer.from("another"), signature), false);
    assert.equal(check(KeyPair.create("user", randomBytes(32)).publicKey, data, signature), false);
    const flipped = Buffer.from(signature);
    flipped[3]! ^= 1;
    assert.equal(check(pair.publicKey, data, flipped), false);
    for (const length of [0, 1, 63, 65, 128])
      assert.equal(check(pair.publicKey, data, Buffer.alloc(length)), false);
    assert.equal(check("not a key", data, signature), false);
    assert.equal(check("", data, signature), false);
  }
});

test("a text of any length other than a key's is not a key", () => {
  const { publicKey } = KeyPair.create("account", Buffer.alloc(32, 7));
  const long = publicKey.repeat(4);

  for (let length = 0; length <= 200; length++) {
    const text = long.slice(0, length);
    assert.equal(isPublicKey(text), length === 56, `length ${length}`);
    assert.equal(decodeSeed(text), undefined);
    assert.equal(KeyPair.fromSeed(`S${text}`), undefined);
    assert.equal(isPublicKey("B".repeat(length)), false);
  }
});

test("a valid checksum over a body of another length does not make a key", () => {
  for (let length = 0; length <= 70; length++) {
    const text = reencode(Buffer.alloc(length));
    assert.equal(isPublicKey(text), length === 33, `length ${length}`);
  }
});

test("a key with one letter changed is refused", () => {
  const { publicKey } = KeyPair.create("user", Buffer.alloc(32, 9));

  for (let at = 0; at < publicKey.length; at++) {
    for (const letter of ["B", "7", "a", "=", "\n", "é", "0", "1", "8"]) {
      if (publicKey[at] === letter) continue;
      assert.equal(isPublicKey(publicKey.slice(0, at) + letter + publicKey.slice(at + 1)), false);
    }
  }
});

test("a seed with spare bits set at its end is refused", () => {
  const seed = KeyPair.create("user", Buffer.alloc(32, 9)).seed();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const last = alphabet.indexOf(seed.at(-1)!);

  for (const spare of [1, 2, 3])
    assert.equal(decodeSeed(seed.slice(0, -1) + alphabet[last | spare]), undefined);
  assert.notEqual(decodeSeed(seed), undefined);
});

test("prefixes that mean nothing are refused", () => {
  for (let prefix = 0; prefix < 256; prefix++) {
    const known = [0, 16, 104, 112, 160, 184].includes(prefix);
    assert.equal(
      decodePublicKey(reencode(Buffer.concat([Buffer.of(prefix), Buffer.alloc(32)]))) !== undefined,
      known,
    );
    const seed = reencode(
      Buffer.concat([Buffer.of(144 | (prefix >> 5), (prefix & 31) << 3), Buffer.alloc(32)]),
    );
    assert.equal(decodeSeed(seed) !== undefined, known);
  }
});

test("bytes that are no point on the curve verify nothing and break nothing", () => {
  for (let n = 0; n < 256; n++) {
    const key = encodePublicKey("user", Buffer.alloc(32, n));
    assert.equal(verifySignature(key, data, Buffer.alloc(64, n ^ 0x55)), false);
  }
});

test("a kind is told apart from the others", () => {
  const user = encodePublicKey("user", Buffer.alloc(32));

  assert.equal(isPublicKey(user, "user"), true);
  assert.equal(isPublicKey(user, "account"), false);
  for (const other of [undefined, null, 5, {}, [user]]) assert.equal(isPublicKey(other), false);
});

test("a key pair that is printed shows no secret", () => {
  const pair = KeyPair.create("operator", Buffer.alloc(32, 1));

  const printed = inspect(pair, { depth: 9, showHidden: true }) + JSON.stringify(pair);

  assert.equal(printed.includes(pair.seed()), false);
  assert.equal(printed.includes("01 01 01"), false);
  assert.equal(encodeSeed("operator", Buffer.alloc(32, 1)), pair.seed());
});

function reencode(body: Buffer): string {
  let crc = 0;
  for (const byte of body) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return encodeBase32(Buffer.concat([body, Buffer.of(crc & 255, crc >> 8)]));
}
