// Proxies that vouch for a connection by signing its nonce, and what is answered where one was to and does not.
// [nats-server auth.go processClientOrLeafAuthentication]

import { proxyNotTrusted, proxyRequired } from "../wire/violation.ts";
import type { Attempt, Outcome } from "./identity.ts";
import { signedNonce } from "./nonce.ts";

export const untrustedProxy: Outcome = {
  kind: "refused",
  violation: proxyNotTrusted,
  why: "proxy is not trusted",
};
export const onlyByProxy: Outcome = {
  kind: "refused",
  violation: proxyRequired,
  why: "proxy connection required",
};

/** Whether a peer came by way of a proxy that one of these keys belongs to. */
export function cameByProxy({ connect, nonce }: Attempt, proxies: readonly string[]): boolean {
  const signature = connect?.proxySig ?? "";
  return signature !== "" && proxies.some((key) => signedNonce(key, nonce, signature));
}
