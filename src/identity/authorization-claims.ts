// What a server asks an authorization service about a connection, and what that answers. [jwt/v2 authorization_claims.go]

import { type Registered, registeredFields, type Tagged, taggedFields } from "./fields.ts";
import { always, int64, list, optional, struct, text, uint64 } from "./shape.ts";

/** The server that asks. */
export interface AskingServer {
  readonly name: string;
  readonly host: string;
  /** Its public key. */
  readonly id: string;
  readonly version: string;
  readonly cluster: string;
  readonly tags: readonly string[];
  /** Its public curve key, when the answer may be sealed; otherwise "". */
  readonly xkey: string;
}

export interface AskingClient {
  readonly host: string;
  readonly id: number;
  readonly user: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly name_tag: string;
  readonly kind: string;
  readonly type: string;
  readonly mqtt_id: string;
  readonly nonce: string;
}

/** What the client's CONNECT said. */
export interface ConnectOptions {
  readonly jwt: string;
  readonly nkey: string;
  readonly sig: string;
  readonly auth_token: string;
  readonly user: string;
  readonly pass: string;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  readonly protocol: number;
}

/** Certificates in PEM form: in chains where they were verified, alone where not. */
export interface ClientTls {
  readonly version: string;
  readonly cipher: string;
  readonly certs: readonly string[];
  readonly verified_chains: readonly (readonly string[])[];
}

export interface AuthorizationRequest extends Tagged {
  readonly server_id: AskingServer;
  /** What the answer's user must be called, whoever it is. */
  readonly user_nkey: string;
  readonly client_info: AskingClient;
  readonly connect_opts: ConnectOptions;
  readonly client_tls: ClientTls | undefined;
  readonly request_nonce: string;
}

/** Signed by the server. */
export interface AuthorizationRequestClaims extends Registered {
  readonly nats: AuthorizationRequest;
}

export interface AuthorizationResponse extends Tagged {
  /** The user's JWT; "" when there is an error. */
  readonly jwt: string;
  readonly error: string;
  /** The account, when a signing key of it issued the answer; otherwise "". */
  readonly issuer_account: string;
}

/** `sub` is the request's user_nkey, `aud` the server's public key. */
export interface AuthorizationResponseClaims extends Registered {
  readonly nats: AuthorizationResponse;
}

const server = struct<AskingServer>({
  name: always(text),
  host: always(text),
  id: always(text),
  version: text,
  cluster: text,
  tags: list(text),
  xkey: text,
});

const client = struct<AskingClient>({
  host: text,
  id: uint64,
  user: text,
  name: text,
  tags: list(text),
  name_tag: text,
  kind: text,
  type: text,
  mqtt_id: text,
  nonce: text,
});

const connect = struct<ConnectOptions>({
  jwt: text,
  nkey: text,
  sig: text,
  auth_token: text,
  user: text,
  pass: text,
  name: text,
  lang: text,
  version: text,
  protocol: always(int64),
});

const tls = struct<ClientTls>({
  version: text,
  cipher: text,
  certs: list(text),
  verified_chains: list(list(text)),
});

export const authorizationRequestShape = struct<AuthorizationRequestClaims>({
  ...registeredFields,
  nats: struct<AuthorizationRequest>({
    server_id: server,
    user_nkey: always(text),
    client_info: client,
    connect_opts: connect,
    client_tls: optional(tls),
    request_nonce: text,
    ...taggedFields,
  }),
});

export const authorizationResponseShape = struct<AuthorizationResponseClaims>({
  ...registeredFields,
  nats: struct<AuthorizationResponse>({ jwt: text, error: text, issuer_account: text, ...taggedFields }),
});

/** Everything unsaid, for a request's `sub`: the user key made for it. */
export function newAuthorizationRequest(sub: string): AuthorizationRequestClaims {
  const { zero } = authorizationRequestShape;
  return { ...zero, sub, nats: { ...zero.nats, user_nkey: sub, type: "authorization_request", version: 2 } };
}

/** Everything unsaid; `sub` is the request's user_nkey. */
export function newAuthorizationResponse(sub: string): AuthorizationResponseClaims {
  const { zero } = authorizationResponseShape;
  return { ...zero, sub, nats: { ...zero.nats, type: "authorization_response", version: 2 } };
}
