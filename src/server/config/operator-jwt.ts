// Opens the JWTs that a configuration holds, as far as it must know what they say.
// [nats-server jwt.go readOperatorJWT, validateTrustedOperators]
import { decodeAccount, decodeOperator, decodeUser } from "../../identity/claims.ts";
import { saysNothing } from "../../identity/user-claims.ts";
import type { TrustedOperator } from "./options-operator.ts";

/** Text answered says what is wrong. */
export function readOperatorJwt(token: string): TrustedOperator | string {
  const decoded = decodeOperator(token);
  if (!decoded.ok) return decoded.reason;
  const { sub, name, nats } = decoded.value;
  return {
    jwt: token,
    publicKey: sub,
    name,
    signingKeys: nats.signing_keys,
    systemAccount: nats.system_account,
    accountServerUrl: nats.account_server_url,
    assertServerVersion: nats.assert_server_version,
    strictSigningKeyUsage: nats.strict_signing_key_usage,
  };
}

/** Whether a text is an account JWT whose signature holds; its dates are looked at when it is used. */
export function isAccountJwt(token: string): boolean {
  return decodeAccount(token).ok;
}

/** What the default sentinel must be: undefined, or nats-server's words. */
export function sentinelMistake(token: string): string | undefined {
  const decoded = decodeUser(token);
  if (!decoded.ok) return "default sentinel JWT not valid";
  const { nats } = decoded.value;
  // A user of a scoped key says nothing itself; whether it is a bearer shows when it is used.
  if (nats.bearer_token || (nats.issuer_account !== "" && saysNothing(nats))) return undefined;
  return "default sentinel must be a bearer token";
}
