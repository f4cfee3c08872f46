// What the control plane remembers, record by record, as the store hands it out. Times are whole microseconds
// since the Unix epoch (exact in a number until the year 2255); `iat`s are whole seconds, as JWTs count.

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly createdUs: number;
}

export interface Project {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly createdUs: number;
  readonly updatedUs: number;
}

export interface ApiKey {
  /** `SCW` and 17 of A-Z0-9: public, names the key. */
  readonly accessKey: string;
  readonly organizationId: string;
  readonly defaultProjectId: string;
  /** SHA-256 of the secret's lower-case text, hex; the secret itself is nowhere. */
  readonly secretHash: string;
  readonly description: string;
  readonly createdUs: number;
  /** undefined: never. */
  readonly expiresUs: number | undefined;
}

/** "broker" is a child process of ours, "cluster" are nats-servers that somebody else runs. */
export type CellKind = "broker" | "cluster";

export interface Cell {
  readonly id: string;
  readonly region: string;
  readonly kind: CellKind;
  /** Where the cell listens; a port once chosen is kept. */
  readonly host: string;
  readonly port: number;
  /** What clients dial: `nats://HOST:PORT`. */
  readonly endpoint: string;
  /** "open" takes new accounts, "full" keeps those it has, "starting" has not been up yet. */
  readonly state: "starting" | "open" | "full";
  readonly createdUs: number;
}

/**
 * pending: intended, its POST not answered yet; never listed, rolled back if nobody finishes it.
 * active: its POST was (or is about to be) answered. deleting: no longer listed; on its way out.
 */
export type AccountState = "pending" | "active" | "deleting";

export interface Account {
  /** The account's public nkey (A…). Its seed was never kept: the operator signs for it. */
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly region: string;
  readonly cellId: string;
  readonly name: string;
  readonly state: AccountState;
  /** The `iat` of the newest JWT signed for this account; the next one's is greater. */
  readonly iat: number;
  /** The account JWT the cell must hold. */
  readonly jwt: string;
  /** The cell has confirmed exactly `jwt`. */
  readonly applied: boolean;
  /** Whether the account ever was active: only then can a cell hold connections or messages of it. */
  readonly everActive: boolean;
  readonly createdUs: number;
  readonly updatedUs: number;
}

export interface SigningKey {
  /** Public nkey (A…), listed in the account JWT. */
  readonly id: string;
  readonly accountId: string;
  readonly sealedSeed: Uint8Array;
  /** Credentials ever signed with it. */
  readonly issued: number;
  /** Credentials signed with it that still exist. */
  readonly live: number;
  /** A retired key signs nothing new and goes, with its revocations, when its last credential goes. */
  readonly retired: boolean;
  readonly createdUs: number;
}

export interface Revocation {
  readonly signingKeyId: string;
  /** Public nkey (U…). */
  readonly userKey: string;
  /** Seconds; users issued at or before are refused. */
  readonly at: number;
}

/** deleting: its revocation is signed into the account's JWT; the row goes when the cell has confirmed that. */
export type CredentialState = "active" | "deleting";

export interface Credential {
  /** UUID. */
  readonly id: string;
  readonly accountId: string;
  readonly signingKeyId: string;
  /** Public nkey (U…); the seed is in the creation's answer and nowhere else. */
  readonly userKey: string;
  readonly name: string;
  readonly iat: number;
  /** SHA-1 hex of the whole credentials file. */
  readonly checksum: string;
  readonly state: CredentialState;
  readonly createdUs: number;
  readonly updatedUs: number;
}

/** A key of the installation itself: operator, its signing key, the system account. */
export interface InstallationKey {
  readonly name: string;
  readonly publicKey: string;
  readonly sealedSeed: Uint8Array;
  readonly createdUs: number;
}

/** What a client's Idempotency-Key stands for, for a day. */
export interface IdempotencyRecord {
  readonly organizationId: string;
  readonly key: string;
  /** SHA-256 hex of operation and request: the same key with another request is refused. */
  readonly fingerprint: string;
  readonly resourceId: string;
  /** The answer to give again; undefined while the first request has not been answered. */
  readonly answer: string | undefined;
  readonly createdUs: number;
}
