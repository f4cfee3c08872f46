import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fmtCreds, parseCreds } from "@nats-io/jwt";
import { fromSeed } from "@nats-io/nkeys";
import { formatCredentials, parseCredentials } from "./creds.ts";
import { encodeUser } from "./encode.ts";
import { aKey } from "./identity.testing.ts";
import { newUser } from "./user-claims.ts";

/** Credentials that Scaleway issued, and deleted since. */
const recorded = {
  jwt: "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJTSEFNTlI0VkxCVlo3RVcyWllGWlFaTllKRENMRVEyQ0RVVzNOSlZER1RaREVRTElOTlFBIiwiaWF0IjoxNzc1ODE4NzQ3LCJpc3MiOiJBQUZGT0VQUDNGWVZTWFVHRkdYTTJHQ0xCV1hNVkoyN1Y3N1oyUFlTVUJPNzdaUjdMRzRYV1ozWCIsIm5hbWUiOiJ0Zi1uYXRzLWNyZWRlbnRpYWxzLXdvbmRlcmZ1bC1wZXJsbWFuIiwic3ViIjoiVUJDSkJVNVpHTE5JVTRTUjVaRVhJS1BOMzZCTENFRFMzTlpQTUw1TkQyM0ZKR0k0SERSMk5KWDYiLCJuYXRzIjp7InB1YiI6e30sInN1YiI6e30sInN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsImlzc3Vlcl9hY2NvdW50IjoiQURFUzNDR1FLUjZaQUJTRjI2UTROT0s2UE9FSjdIM1k1Q0xNNE5MUDRSSUZTNVRUQVk3NzU1UTMiLCJ0eXBlIjoidXNlciIsInZlcnNpb24iOjJ9fQ.ZK5OXV5SY-pRON8r5_PpcNrCPFpII9YN-xxv4uRjDZpyJr_4hAEO9kDHwCT8xae83JwynJo9iJtFiM5rQfnWBg",
  seed: "SUAMXPGNIKT2ZJ4EMKQP3F2XAVXMQDWQYTW4IWIXHNYMY6RDO2WTOS5XFA",
  checksum: "690430dc4339d534c74bcd612cfaa715cd4d8c24",
};

test("credentials are byte for byte what Scaleway writes", () => {
  const text = formatCredentials(recorded.jwt, recorded.seed);
  assert.equal(createHash("sha1").update(text).digest("hex"), recorded.checksum);
});

test("credentials written by us or by the jwt library are read by both", async () => {
  const user = aKey("user");
  const jwt = encodeUser(newUser(user.publicKey), aKey("account"), 1);
  const ours = formatCredentials(jwt, user.seed());
  const theirs = Buffer.from(fmtCreds(jwt, fromSeed(Buffer.from(user.seed())))).toString();

  assert.equal((await parseCreds(Buffer.from(ours))).jwt, jwt);
  for (const text of [ours, theirs, ours.replaceAll("\n", "\r\n"), `  \n# note\n${ours}\n\n`]) {
    const read = parseCredentials(text);
    assert.deepEqual([read?.jwt, read?.key.publicKey], [jwt, user.publicKey]);
  }
});

const useless: readonly [name: string, text: string][] = [
  ["nothing", ""],
  ["a JWT alone", `-----BEGIN NATS USER JWT-----\n${recorded.jwt}\n------END NATS USER JWT------\n`],
  ["an account's seed", formatCredentials(recorded.jwt, aKey("account").seed())],
  ["a broken seed", formatCredentials(recorded.jwt, `${recorded.seed.slice(0, -1)}B`)],
  ["only dashes", "------\n".repeat(100_000)],
  ["three megabytes", "x".repeat(3 << 20)],
];

for (const [name, text] of useless) {
  test(`a file of ${name} is no credentials`, () => {
    assert.equal(parseCredentials(text), undefined);
  });
}
