// What an operator's JWT says: which keys sign accounts, and which account is the system's. [jwt/v2 operator_claims.go]

import { type Registered, registeredFields, type Tagged, taggedFields } from "./fields.ts";
import { flag, list, struct, text } from "./shape.ts";

export interface Operator extends Tagged {
  readonly signing_keys: readonly string[];
  readonly account_server_url: string;
  readonly operator_service_urls: readonly string[];
  readonly system_account: string;
  /** "major.minor.update": what a server must at least be. */
  readonly assert_server_version: string;
  /** Accounts and users are signed by signing keys only, never by identity keys. */
  readonly strict_signing_key_usage: boolean;
}

export interface OperatorClaims extends Registered {
  readonly nats: Operator;
}

export const operatorShape = struct<Operator>({
  signing_keys: list(text),
  account_server_url: text,
  operator_service_urls: list(text),
  system_account: text,
  assert_server_version: text,
  strict_signing_key_usage: flag,
  ...taggedFields,
});

export const operatorClaimsShape = struct<OperatorClaims>({ ...registeredFields, nats: operatorShape });

/** `sub` is the operator's public key. */
export function newOperator(sub: string): OperatorClaims {
  return { ...operatorClaimsShape.zero, sub, nats: { ...operatorShape.zero, type: "operator", version: 2 } };
}
