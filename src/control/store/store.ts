// The control plane's memory, as its actions see it: records in transactions, and one lock per account that may be
// held across several of them. SQLite stands behind it today; every method is asynchronous and every rule that two
// processes could break is in the interface, so that PostgreSQL can.

import type { Listed, Page } from "../model/page.ts";
import type {
  Account,
  ApiKey,
  Cell,
  Credential,
  IdempotencyRecord,
  InstallationKey,
  Organization,
  Project,
  Revocation,
  SigningKey,
} from "../model/records.ts";

/** Thrown by opening a store whose format a newer Chappe wrote; the program exits with code 4. */
export class NewerFormat extends Error {
  override readonly name = "NewerFormat";
  readonly found: number;
  readonly known: number;

  constructor(found: number, known: number) {
    super(`the data has format ${found}, this version of Chappe knows up to ${known}: use the newer version`);
    this.found = found;
    this.known = known;
  }
}

/** Which accounts a list shows: only active ones, only of this organization. */
export interface AccountFilter {
  readonly organizationId: string;
  readonly region: string;
  readonly projectId?: string | undefined;
}

export interface CredentialFilter extends AccountFilter {
  readonly accountId?: string | undefined;
}

/** Organizations, their projects, and the keys that act for them. */
export interface Tenants {
  organizations(): Promise<readonly Organization[]>;
  insertOrganization(organization: Organization): Promise<void>;
  project(id: string): Promise<Project | undefined>;
  projects(organizationId: string): Promise<readonly Project[]>;
  insertProject(project: Project): Promise<void>;
  apiKeyBySecretHash(secretHash: string): Promise<ApiKey | undefined>;
  apiKey(accessKey: string): Promise<ApiKey | undefined>;
  insertApiKey(apiKey: ApiKey): Promise<void>;
}

/** What runs where, and the installation's own keys. */
export interface Installation {
  /** Repeatable. */
  insertRegion(name: string): Promise<void>;
  /** In the order they were made. */
  cells(): Promise<readonly Cell[]>;
  cell(id: string): Promise<Cell | undefined>;
  insertCell(cell: Cell): Promise<void>;
  updateCell(id: string, change: Partial<Pick<Cell, "host" | "port" | "endpoint" | "state">>): Promise<void>;
  key(name: string): Promise<InstallationKey | undefined>;
  insertKey(key: InstallationKey): Promise<void>;
}

export interface Accounts {
  get(id: string): Promise<Account | undefined>;
  list(filter: AccountFilter, page: Page): Promise<Listed<Account>>;
  /** Pending and active ones: what the quota counts. */
  count(organizationId: string): Promise<number>;
  /** Ids after `after` in id order, of every state, at most `limit`: the reconciler's walk. */
  idsAfter(after: string, limit: number): Promise<readonly string[]>;
  insert(account: Account): Promise<void>;
  /** @throws BrokenInvariant when the account is not there. */
  update(
    id: string,
    change: Partial<Pick<Account, "name" | "state" | "applied" | "everActive" | "updatedUs">>,
  ): Promise<void>;
  /**
   * Records a newly signed JWT, not applied yet.
   * @throws BrokenInvariant unless the account's `iat` still is `previousIat`: somebody signed without the lock.
   */
  setJwt(id: string, previousIat: number, iat: number, jwt: string): Promise<void>;
  /** With everything that belongs to it: signing keys, revocations, credentials. */
  drop(id: string): Promise<void>;
}

/** An account's signing keys and what was revoked of each. */
export interface SigningKeys {
  /** Oldest first. */
  of(accountId: string): Promise<readonly SigningKey[]>;
  insert(key: SigningKey): Promise<void>;
  update(id: string, change: Partial<Pick<SigningKey, "issued" | "live" | "retired">>): Promise<void>;
  /** With its revocations. */
  drop(id: string): Promise<void>;
  revocations(accountId: string): Promise<readonly Revocation[]>;
  /** Repeatable: a second revocation of the same user replaces the first. */
  revoke(revocation: Revocation): Promise<void>;
}

export interface Credentials {
  get(id: string): Promise<Credential | undefined>;
  list(filter: CredentialFilter, page: Page): Promise<Listed<Credential>>;
  /** Those on their way out. */
  deleting(accountId: string): Promise<readonly Credential[]>;
  /** The newest `iat` of an account's credentials, 0 when it has none. */
  newestIat(accountId: string): Promise<number>;
  insert(credential: Credential): Promise<void>;
  update(id: string, change: Pick<Credential, "state" | "updatedUs">): Promise<void>;
  drop(id: string): Promise<void>;
}

export interface Idempotency {
  get(organizationId: string, key: string): Promise<IdempotencyRecord | undefined>;
  insert(record: IdempotencyRecord): Promise<void>;
  answer(organizationId: string, key: string, answer: string): Promise<void>;
  drop(organizationId: string, key: string): Promise<void>;
  /** Forgets a resource's record that was never answered. */
  dropUnanswered(resourceId: string): Promise<void>;
  /** Drops records created before, and the oldest beyond `keepMost`. */
  expire(beforeUs: number, keepMost: number): Promise<void>;
}

/** The records as one transaction sees them. Valid until the work it was handed to settles; then every call rejects. */
export interface Transaction {
  readonly tenants: Tenants;
  readonly installation: Installation;
  readonly accounts: Accounts;
  readonly signingKeys: SigningKeys;
  readonly credentials: Credentials;
  readonly idempotency: Idempotency;
}

export interface Store {
  /**
   * Runs `work` in one transaction: durable when this resolves, undone when `work` throws. `work` talks to the
   * transaction and to nothing slower: others wait for it.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` while nobody else, in this process or in another on the same database, holds the account's lock.
   * Held across pushes to a cell and across several transactions; not re-entrant.
   */
  withAccount<T>(accountId: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
