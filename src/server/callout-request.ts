// What an authorization service is told of a connection. [nats-server auth_callout.go fillClientInfo, fillConnectOpts]

import type {
  AskingServer,
  AuthorizationRequestClaims,
  ClientTls,
} from "../identity/authorization-claims.ts";
import type { TlsState } from "../ports/network.ts";
import { claimedUser } from "../session/callout.ts";
import type { Attempt } from "../session/identity.ts";
import { connectDefaults } from "../wire/connect.ts";

const audience = "nats-authorization-request";

export interface CalloutFacts {
  readonly server: AskingServer;
  /** The key made for this question, which the answer's user must have. */
  readonly user: string;
  readonly attempt: Attempt;
}

export function requestClaims(
  blank: AuthorizationRequestClaims,
  { server, user, attempt }: CalloutFacts,
): AuthorizationRequestClaims {
  const { host, id, nonce, tls, type } = attempt;
  const connect = attempt.connect ?? connectDefaults;
  const client = {
    ...blank.nats.client_info,
    host,
    id,
    user: claimedUser(connect),
    name: connect.name,
    kind: "Client",
    type: type === "WEBSOCKET" ? "websocket" : "nats",
    nonce: connect.sig === "" ? "" : nonce,
  };
  const said = {
    jwt: connect.jwt,
    nkey: connect.nkey,
    sig: connect.sig,
    auth_token: connect.authToken,
    user: connect.user,
    pass: connect.pass,
    name: connect.name,
    lang: connect.lang,
    version: connect.version,
    protocol: connect.protocol,
  };
  const nats = {
    ...blank.nats,
    server_id: server,
    user_nkey: user,
    client_info: client,
    connect_opts: said,
    client_tls: tls === undefined ? undefined : clientTls(tls),
  };
  return { ...blank, aud: audience, nats };
}

function clientTls({ version, cipher, peerCertificates }: TlsState): ClientTls {
  const chain = peerCertificates.map(pemOf);
  // A chain is shown only where it was verified; it has been, or the handshake would have failed.
  return {
    version: version.replace("TLSv", ""),
    cipher,
    certs: [],
    verified_chains: chain.length === 0 ? [] : [chain],
  };
}

function pemOf(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
