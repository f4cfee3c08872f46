// Opens the JWTs that a configuration holds, as far as it must know what they say.
// [nats-server jwt.go readOperatorJWT, jwt/v2 Decode]
import { type OpenToken, openToken } from "../../identity/jwt.ts";
import { isPublicKey, type KeyKind, verifySignature } from "../../identity/nkey.ts";
import type { TrustedOperator } from "./options-operator.ts";

interface Opened {
  readonly body: Readonly<Record<string, unknown>>;
  readonly nats: Readonly<Record<string, unknown>>;
}

const field = (of: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(of, name) ? of[name] : undefined;

const text = (of: Readonly<Record<string, unknown>>, name: string): string => {
  const value = field(of, name);
  return typeof value === "string" ? value : "";
};

/** Claims of one type whose signature holds, or why not. */
function open(token: string, type: string, issuers: readonly KeyKind[]): Opened | string {
  const opened = openToken(token);
  if (!opened.ok) return opened.reason;
  const { body } = opened.value;
  const nats = body === null ? undefined : field(body, "nats");
  if (body === null || typeof nats !== "object" || nats === null) return `not ${type} claim`;
  const claims = nats as Readonly<Record<string, unknown>>;
  const issuer = text(body, "iss");
  if ((text(claims, "type") || text(body, "type")) !== type) return `not ${type} claim`;
  if (!issuers.some((kind) => isPublicKey(issuer, kind)))
    return "unable to validate expected prefixes - [operator]";
  if (!signatureHolds(opened.value, issuer)) return "claim failed V2 signature verification";
  return { body, nats: claims };
}

function signatureHolds(token: OpenToken, issuer: string): boolean {
  const signed = token.algorithm === "ed25519" ? token.signedV1 : token.signedV2;
  return verifySignature(issuer, signed, token.signature);
}

/** Text answered says what is wrong. */
export function readOperatorJwt(token: string): TrustedOperator | string {
  const opened = open(token, "operator", ["operator"]);
  if (typeof opened === "string") return opened;
  const { body, nats } = opened;
  const keys = field(nats, "signing_keys");
  return {
    jwt: token,
    publicKey: text(body, "sub"),
    name: text(body, "name"),
    signingKeys: Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [],
    systemAccount: text(nats, "system_account"),
    accountServerUrl: text(nats, "account_server_url"),
    assertServerVersion: text(nats, "assert_server_version"),
    strictSigningKeyUsage: field(nats, "strict_signing_key_usage") === true,
  };
}

/** Whether a text is an account JWT whose signature holds; dates are looked at when it is used. */
export function readAccountJwt(token: string): boolean {
  return typeof open(token, "account", ["operator", "account"]) !== "string";
}

/** What the default sentinel must be: undefined, or nats-server's words. */
export function sentinelMistake(token: string): string | undefined {
  const opened = open(token, "user", ["account"]);
  if (typeof opened === "string") return "default sentinel JWT not valid";
  const { nats } = opened;
  // A user of a scoped key says nothing itself; whether it is a bearer is seen when it is used.
  const scoped = text(nats, "issuer_account") !== "";
  return field(nats, "bearer_token") === true || scoped
    ? undefined
    : "default sentinel must be a bearer token";
}
