// Credentials are byte for byte what the real service hands out [recorded 2026-04-10].

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { decode } from "@nats-io/jwt";
import { formatCredentials } from "../../identity/creds.ts";
import { KeyPair } from "../../identity/nkey.ts";
import { checksum, userJwt } from "./user-jwt.ts";

const recordedJwt =
  "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJTSEFNTlI0VkxCVlo3RVcyWllGWlFaTllKRENMRVEyQ0RVVzNOSlZER1RaREVRTElOTlFBIiwiaWF0IjoxNzc1ODE4NzQ3LCJpc3MiOiJBQUZGT0VQUDNGWVZTWFVHRkdYTTJHQ0xCV1hNVkoyN1Y3N1oyUFlTVUJPNzdaUjdMRzRYV1ozWCIsIm5hbWUiOiJ0Zi1uYXRzLWNyZWRlbnRpYWxzLXdvbmRlcmZ1bC1wZXJsbWFuIiwic3ViIjoiVUJDSkJVNVpHTE5JVTRTUjVaRVhJS1BOMzZCTENFRFMzTlpQTUw1TkQyM0ZKR0k0SERSMk5KWDYiLCJuYXRzIjp7InB1YiI6e30sInN1YiI6e30sInN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsImlzc3Vlcl9hY2NvdW50IjoiQURFUzNDR1FLUjZaQUJTRjI2UTROT0s2UE9FSjdIM1k1Q0xNNE5MUDRSSUZTNVRUQVk3NzU1UTMiLCJ0eXBlIjoidXNlciIsInZlcnNpb24iOjJ9fQ.ZK5OXV5SY-pRON8r5_PpcNrCPFpII9YN-xxv4uRjDZpyJr_4hAEO9kDHwCT8xae83JwynJo9iJtFiM5rQfnWBg";
const recordedSeed = "SUAMXPGNIKT2ZJ4EMKQP3F2XAVXMQDWQYTW4IWIXHNYMY6RDO2WTOS5XFA"; // published with the recording; of a deleted account
const recordedChecksum = "690430dc4339d534c74bcd612cfaa715cd4d8c24";

test("a credentials file has the recorded checksum", () => {
  assert.equal(checksum(formatCredentials(recordedJwt, recordedSeed)), recordedChecksum);
});

test("a user JWT has the recorded header, fields and order", () => {
  const [header, payload] = recordedJwt.split(".").map((part) => Buffer.from(part, "base64url").toString());
  const signer = KeyPair.create("account", randomBytes(32));
  const recorded = JSON.parse(payload!);
  const terms = {
    name: recorded.name,
    userKey: recorded.sub,
    accountId: recorded.nats.issuer_account,
    iat: recorded.iat,
  };

  const [ourHeader, ourPayload] = userJwt(terms, signer)
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString());

  assert.equal(ourHeader, header);
  // another signing key: the issuer differs, and with it the hash over it
  const { jti } = JSON.parse(ourPayload!);
  assert.equal(ourPayload, payload!.replace(recorded.iss, signer.publicKey).replace(recorded.jti, jti));
});

test("the NATS authors' own library trusts the signature, whatever is in the name", () => {
  const signer = KeyPair.create("account", randomBytes(32));
  const userKey = KeyPair.create("user", randomBytes(32)).publicKey;

  for (const name of ["app", 'quo"te', "🦀", "<&>\u2028", "x".repeat(500)]) {
    const jwt = userJwt({ name, userKey, accountId: "A", iat: 1 }, signer);
    const claims = decode(jwt);
    // that library shows a character for each byte of UTF-8, so the name is read apart from it
    const read = JSON.parse(Buffer.from(jwt.split(".")[1]!, "base64url").toString("utf8")).name;
    assert.deepEqual([read, claims.sub, claims.iss], [name, userKey, signer.publicKey]);
    assert.throws(() => decode(jwt.replace(/\.(.)/, (_, letter) => `.${letter === "a" ? "b" : "a"}`)));
  }
});
