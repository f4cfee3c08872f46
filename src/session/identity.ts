// Who a session turned out to be, and how it asks.

import type { Account } from "../account/account.ts";
import type { Permissions } from "../identity/permissions.ts";
import type { UserClaims } from "../identity/user-claims.ts";
import type { TlsState } from "../ports/network.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import type { Violation } from "../wire/violation.ts";

/** How a client reached the server, in the words of `allowed_connection_types` [nats-io/jwt v2 user_claims.go]. */
export type ConnectionType = "STANDARD" | "WEBSOCKET";

/** Everything that may speak for a session when it asks to be let in. */
export interface Attempt {
  /** Undefined for a client that speaks without CONNECT, where `no_auth_user` allows that. */
  readonly connect: ConnectOptions | undefined;
  /** The nonce its INFO carried; empty when none was sent. */
  readonly nonce: string;
  readonly tls: TlsState | undefined;
  readonly type: ConnectionType;
  /** The session's number. */
  readonly id: number;
  /** What lines of the log call the session. */
  readonly logName: string;
  /** The peer's address, without port. */
  readonly host: string;
}

/** An admitted user. */
export interface Identity {
  readonly account: Account;
  /** As monitoring shows it: user name, public nkey, or a token's redaction; empty without authentication. */
  readonly user: string;
  /** The public nkey that signed in with a JWT: what revocations and kicks go by. */
  readonly userKey?: string;
  /** The JWT's `name`. */
  readonly nameTag?: string;
  readonly tags?: readonly string[];
  readonly jwt?: string;
  /** The key that signed the JWT: the account's own or one of its signing keys. */
  readonly issuerKey?: string;
  /** What the JWT says, verified when the session came in. */
  readonly claims?: UserClaims;
  readonly bearer?: boolean;
  /** Absent: anything is allowed. */
  readonly permissions?: Permissions;
  /** -1 for none. */
  readonly subscriptionsMax: number;
  /** Bytes; -1 for none. */
  readonly payloadMax: number;
  /** When the session must end, milliseconds since the epoch. */
  readonly expiresAt?: number;
}

export type Outcome =
  | { readonly kind: "admitted"; readonly identity: Identity }
  | { readonly kind: "refused"; readonly violation: Violation; readonly why: string };

/** Decides who is let in. */
export interface Authenticator {
  /** Whether anybody must authenticate at all. */
  readonly required: boolean;
  /** Whether INFO says so: it may keep quiet where a `no_auth_user` takes in everybody else. */
  readonly announced: boolean;
  /** Whether INFO carries a nonce to sign. */
  readonly asksForSignature: boolean;
  /** Whether somebody may be let in who has not said CONNECT (`no_auth_user`, or no authentication at all). */
  readonly admitsSilent: boolean;
  /** Answers through `decided`, at once or later, exactly once. */
  decide(attempt: Attempt, decided: (outcome: Outcome) => void): void;
}
