import assert from "node:assert/strict";
import { test } from "node:test";
import { aKey, aToken } from "./identity.testing.ts";
import { openToken, sealToken, tokenBytesMax, tokenId } from "./jwt.ts";

const operator = aKey("operator");
const good = aToken({ iss: operator.publicKey }, operator);
const [head, body, tail] = good.split(".") as [string, string, string];
const withHeader = (header: unknown): string => aToken({}, operator, { header });

const hostile: readonly [name: string, token: string, reason: RegExp][] = [
  ["nothing", "", /^expected 3 chunks$/],
  ["one piece", head, /^expected 3 chunks$/],
  ["two pieces", `${head}.${body}`, /^expected 3 chunks$/],
  ["four pieces", `${good}.x`, /^expected 3 chunks$/],
  ["a hundred thousand dots", ".".repeat(100_000), /^expected 3 chunks$/],
  ["empty pieces", "..", /^illegal JSON$/],
  ["a header that is not base64url", `!!!!.${body}.${tail}`, /^illegal base64 data$/],
  ["padding", `${head}==.${body}.${tail}`, /^illegal base64 data$/],
  ["standard base64", `${head}.a+/b.${tail}`, /^illegal base64 data$/],
  ["claims that are not JSON", aToken("{", operator), /^illegal JSON$/],
  ["claims that are a list", aToken("[]", operator), /^claims are not an object$/],
  ["claims that are a text", aToken('"x"', operator), /^claims are not an object$/],
  ["a signature that is not base64url", `${head}.${body}.*`, /^signature is not base64url$/],
  ["no algorithm", withHeader({ typ: "JWT" }), /^unexpected "" algorithm$/],
  ["the algorithm none", withHeader({ typ: "JWT", alg: "none" }), /^unexpected "none" algorithm$/],
  ["another algorithm", withHeader({ typ: "JWT", alg: "RS256" }), /^unexpected "RS256" algorithm$/],
  [
    "an algorithm with more behind it",
    withHeader({ typ: "JWT", alg: "ed25519-x" }),
    /^unexpected "ed25519-x" algorithm$/,
  ],
  [
    "an algorithm that is a list",
    withHeader({ typ: "JWT", alg: ["ed25519"] }),
    /^token header is not valid$/,
  ],
  ["another type", withHeader({ typ: "JWS", alg: "ed25519-nkey" }), /^not supported type "JWS"$/],
  ["no type", withHeader({ alg: "ed25519-nkey" }), /^not supported type ""$/],
  ["a header that is null", withHeader("null"), /^not supported type ""$/],
  [
    "a header from a prototype",
    withHeader('{"__proto__":{"typ":"JWT","alg":"ed25519-nkey"}}'),
    /^not supported type ""$/,
  ],
  [
    "more than a megabyte",
    "x".repeat(tokenBytesMax + 1),
    /^token size 1048577 exceeds maximum of 1048576 bytes: token too large$/,
  ],
];

for (const [name, token, reason] of hostile) {
  test(`a token of ${name} is refused`, () => {
    const opened = openToken(token);
    assert.ok(!opened.ok);
    assert.match(opened.reason, reason);
  });
}

test("type and algorithm may be of any case, and line ends inside a token do not matter", () => {
  const token = withHeader({ typ: "jwt", alg: "ED25519-NKEY" });
  const opened = openToken(`${token.slice(0, 10)}\r\n${token.slice(10)}`);
  assert.ok(opened.ok);
  assert.equal(opened.value.algorithm, "ed25519-nkey");
});

test("a recorded token's id is the hash of its registered claims", () => {
  const registered = {
    iat: 1775818747,
    iss: "AAFFOEPP3FYVSXUGFGXM2GCLBWXMVJ27V77Z2PYSUBO77ZR7LG4XWZ3X",
    name: "tf-nats-credentials-wonderful-perlman",
    sub: "UBCJBU5ZGLNIU4SR5ZEXIKPN36BLCEDS3NZPML5ND23FJGI4HDR2NJX6",
  };
  assert.equal(tokenId(registered), "SHAMNR4VLBVZ7EW2ZYFZQZNYJDCLEQ2CDUW3NJVDGTZDEQLINNQA");
});

test("what is sealed opens again, with marks that Go escapes", () => {
  const opened = openToken(sealToken({ name: "<é&>" }, operator));
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.body, { name: "<é&>" });
  assert.ok(
    opened.value.signedV2.toString().split(".")[1] ===
      Buffer.from('{"name":"\\u003cé\\u0026\\u003e"}').toString("base64url"),
  );
});
