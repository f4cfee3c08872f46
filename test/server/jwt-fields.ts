// Claims with one field missing, mistyped or huge, and what the real nats-server makes of each: the letters are its
// verdicts, in the order of `values`. a = admitted, r = refused with Authorization Violation.
import type { Claims } from "../support/realm.ts";

/** What stands in a field's place. The last three are large, deep, and beyond every number. */
export const values: readonly (readonly [name: string, json: string | undefined])[] = [
  ["absent", undefined],
  ["null", "null"],
  ["true", "true"],
  ["zero", "0"],
  ["a negative number", "-5"],
  ["a fraction", "1.5"],
  ["a text", '"text"'],
  ["an empty text", '""'],
  ["an empty array", "[]"],
  ["an array of numbers", "[1,2]"],
  ["an array of texts", '["a","b"]'],
  ["an empty object", "{}"],
  ["an object", '{"allow":["a"],"__proto__":{"x":1}}'],
  ["a huge text", JSON.stringify("x".repeat(200_000))],
  ["a deep array", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
  ["a huge number", "1e400"],
  ["a number beyond 64 bits", "99999999999999999999"],
];

/** The JSON of claims with one field set to a JSON text, or taken away. */
export function bent(claims: Claims, path: string, json: string | undefined): string {
  const marker = "\u0001bent\u0001";
  const copy = structuredClone(claims) as Record<string, unknown>;
  const steps = path.split(".");
  const last = steps.pop()!;
  let at = copy;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (json === undefined) delete at[last];
  else at[last] = marker;
  return JSON.stringify(copy).replace(JSON.stringify(marker), () => json ?? "");
}

export const userFields: Readonly<Record<string, string>> = {
  jti: "aarrrraarrrrrarrr",
  iat: "aaraarrrrrrrrrrrr",
  iss: "rrrrrrrrrrrrrrrrr",
  sub: "rrrrrrrrrrrrrrrrr",
  name: "aarrrraarrrrrarrr",
  aud: "aarrrraarrrrrarrr",
  exp: "aaraarrrrrrrrrrrr",
  nbf: "aaraarrrrrrrrrrrr",
  nats: "rrrrrrrrrrrrrrrrr",
  "nats.type": "rrrrrrrrrrrrrrrrr",
  "nats.version": "rrrrrrrrrrrrrrrrr",
  "nats.pub": "aarrrrrrrrraarrrr",
  "nats.sub": "aarrrrrrrrraarrrr",
  "nats.pub.allow": "aarrrrrrararrrrrr",
  "nats.sub.deny": "aarrrrrrararrrrrr",
  "nats.resp": "aarrrrrrrrraarrrr",
  "nats.resp.max": "aaraarrrrrrrrrrrr",
  "nats.resp.ttl": "aaraarrrrrrrrrrrr",
  "nats.subs": "aaraarrrrrrrrrrrr",
  "nats.data": "aaraarrrrrrrrrrrr",
  "nats.payload": "aaraarrrrrrrrrrrr",
  "nats.src": "aarrrrraarrrrrrrr",
  "nats.times": "aarrrrrrarrrrrrrr",
  "nats.times_location": "aarrrrrarrrrrrrrr",
  "nats.bearer_token": "aaarrrrrrrrrrrrrr",
  "nats.allowed_connection_types": "aarrrrrrarrrrrrrr",
  "nats.issuer_account": "aarrrrrarrrrrrrrr",
  "nats.tags": "aarrrrrrararrrrrr",
  "nats.unheard_of": "aaaaaaaaaaaaaaaaa",
};

/** Of an account that is pushed, then used: u = the push is refused, m = its connections are too many; else as above. */
export const accountFields: Readonly<Record<string, string>> = {
  jti: "aauuuuaauuuuuauuu",
  iat: "aauaauuuuuuuuuuuu",
  iss: "uuuuuuuuuuuuuuuuu",
  sub: "uuuuuuuuuuuuuuuuu",
  name: "aauuuuaauuuuuauuu",
  exp: "aauaruuuuuuuuuuuu",
  nbf: "aauaauuuuuuuuuuuu",
  nats: "uuuuuuuuuuuuuuuuu",
  "nats.type": "uuuuuuuuuuuuuuuuu",
  "nats.version": "uuuuuuuuuuuuuuuuu",
  "nats.limits": "mmuuuuuuuuummuuuu",
  "nats.limits.conn": "mmummuuuuuuuuuuuu",
  "nats.limits.subs": "aauaauuuuuuuuuuuu",
  "nats.limits.payload": "aauaauuuuuuuuuuuu",
  "nats.limits.wildcards": "aaauuuuuuuuuuuuuu",
  "nats.limits.disk_storage": "aauaauuuuuuuuuuuu",
  "nats.limits.tiered_limits": "aauuuuuuuuuauuuuu",
  "nats.signing_keys": "aauuuuuuaauuuuauu",
  "nats.revocations": "aauuuuuuuuuauuuuu",
  "nats.default_permissions": "aauuuuuuuuuaauuuu",
  "nats.imports": "aauuuuuuauuuuuuuu",
  "nats.exports": "aauuuuuuauuuuuuuu",
  "nats.mappings": "aauuuuuuuuuauuuuu",
  "nats.authorization": "aauuuuuuuuuaauuuu",
  "nats.trace": "aauuuuuuuuuuuuuuu",
  "nats.tags": "aauuuuuuauauuuuuu",
  "nats.description": "aauuuuaauuuuuuuuu",
  "nats.info_url": "aauuuuuauuuuuuuuu",
};
