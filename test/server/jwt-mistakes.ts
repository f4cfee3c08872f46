// Sign-ins that fail for another reason than a field of the claims: what a CONNECT says instead of the right proof.
import { type Account, Realm, signedClaims, signedText, type User } from "../support/realm.ts";

export type Bend = (user: User, nonce: string, account: Account) => Readonly<Record<string, unknown>>;

export const mistakes: readonly (readonly [name: string, bend: Bend])[] = [
  ["no JWT", () => ({})],
  ["an empty JWT", (user, nonce) => ({ ...user.proof(nonce), jwt: "" })],
  ["a JWT of one part", (user, nonce) => ({ ...user.proof(nonce), jwt: user.jwt.split(".")[0] })],
  [
    "a JWT of two parts",
    (user, nonce) => ({ ...user.proof(nonce), jwt: user.jwt.split(".").slice(0, 2).join(".") }),
  ],
  ["a JWT of four parts", (user, nonce) => ({ ...user.proof(nonce), jwt: `${user.jwt}.x` })],
  ["a JWT of dots", (user, nonce) => ({ ...user.proof(nonce), jwt: ".." })],
  ["a JWT that is no base64", (user, nonce) => ({ ...user.proof(nonce), jwt: "%%%.%%%.%%%" })],
  ["a JWT of 500 kB", (user, nonce) => ({ ...user.proof(nonce), jwt: "x".repeat(500_000) })],
  [
    "a JWT whose body is no JSON",
    (user, nonce, { keys }) => ({ ...user.proof(nonce), jwt: signedClaims("{", keys) }),
  ],
  [
    "a JWT whose body is an array",
    (user, nonce, { keys }) => ({ ...user.proof(nonce), jwt: signedClaims("[]", keys) }),
  ],
  [
    "a JWT whose body is null",
    (user, nonce, { keys }) => ({ ...user.proof(nonce), jwt: signedClaims("null", keys) }),
  ],
  [
    "a JWT whose header is no JSON",
    (user, nonce, account) => ({
      ...user.proof(nonce),
      jwt: signedText("{", bodyOf(user.jwt), account.keys),
    }),
  ],
  [
    "a JWT of another algorithm",
    (user, nonce, account) => ({
      ...user.proof(nonce),
      jwt: signedText('{"typ":"JWT","alg":"HS256"}', bodyOf(user.jwt), account.keys),
    }),
  ],
  [
    "a JWT of no algorithm",
    (user, nonce, account) => ({
      ...user.proof(nonce),
      jwt: signedText('{"typ":"JWT","alg":"none"}', bodyOf(user.jwt), account.keys),
    }),
  ],
  [
    "a JWT of another type",
    (user, nonce, account) => ({
      ...user.proof(nonce),
      jwt: signedText('{"typ":"JWE","alg":"ed25519-nkey"}', bodyOf(user.jwt), account.keys),
    }),
  ],
  ["a JWT with a changed body", (user, nonce) => ({ ...user.proof(nonce), jwt: changedBody(user.jwt) })],
  [
    "a JWT without its signature",
    (user, nonce) => ({ ...user.proof(nonce), jwt: `${user.jwt.split(".").slice(0, 2).join(".")}.` }),
  ],
  [
    "a JWT signed by its own user",
    (user, nonce) => ({ ...user.proof(nonce), jwt: signedClaims(bodyOf(user.jwt), user.keys) }),
  ],
  [
    "an account's JWT",
    (user, nonce, account) => ({ ...user.proof(nonce), jwt: new Realm().accountJwt(account) }),
  ],
  ["no signature", (user) => ({ jwt: user.jwt })],
  ["a signature that is no base64", (user) => ({ jwt: user.jwt, sig: "%%%" })],
  ["a signature of three bytes", (user) => ({ jwt: user.jwt, sig: "AAAA" })],
  ["a signature of 100 kB", (user) => ({ jwt: user.jwt, sig: "A".repeat(100_000) })],
  ["a signature of another nonce", (user) => user.proof("another")],
  [
    "a signature of another user",
    (user, nonce, account) => ({ ...account.user("v").proof(nonce), jwt: user.jwt }),
  ],
  ["a key without its claims", (user, nonce) => ({ ...user.proof(nonce), jwt: undefined, nkey: user.id })],
  ["a password", () => ({ user: "ada", pass: "x" })],
];

function bodyOf(jwt: string): string {
  return Buffer.from(jwt.split(".")[1]!, "base64url").toString();
}

function changedBody(jwt: string): string {
  const [header, , signature] = jwt.split(".");
  return `${header}.${Buffer.from(bodyOf(jwt).replace('"u"', '"v"')).toString("base64url")}.${signature}`;
}
