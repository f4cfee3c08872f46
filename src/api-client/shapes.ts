// The REST API's objects as they travel: Scaleway's Messaging and Queuing NATS API [scaleway mnq v1beta1] and the two
// neighbouring calls that its command line makes. Times are RFC 3339 texts in UTC.

export interface NatsAccount {
  readonly created_at: string;
  /** What clients dial: `nats://HOST:PORT`. */
  readonly endpoint: string;
  /** The account's public nkey, 56 letters beginning with A. */
  readonly id: string;
  /** 1 to 64 characters; not unique. */
  readonly name: string;
  readonly project_id: string;
  readonly region: string;
  readonly updated_at: string;
}

export interface CredentialsFile {
  /** The credentials file's whole text. A secret, shown once. */
  readonly content: string;
  readonly name: string;
}

export interface NatsCredentials {
  /** SHA-1 of the file's content, hex. */
  readonly checksum: string;
  readonly created_at: string;
  /** Only in the creation's answer; null ever after. */
  readonly credentials: CredentialsFile | null;
  /** UUID. */
  readonly id: string;
  /** 1 to 500 characters; not unique. */
  readonly name: string;
  readonly nats_account_id: string;
  readonly region: string;
  readonly updated_at: string;
}

export interface ListNatsAccountsResponse {
  readonly nats_accounts: readonly NatsAccount[];
  /** Of all pages. */
  readonly total_count: number;
}

export interface ListNatsCredentialsResponse {
  readonly nats_credentials: readonly NatsCredentials[];
  readonly total_count: number;
}

export type ListOrder =
  | "created_at_asc"
  | "created_at_desc"
  | "updated_at_asc"
  | "updated_at_desc"
  | "name_asc"
  | "name_desc";

/** [scaleway iam v1alpha1] */
export interface ApiKeyView {
  readonly access_key: string;
  readonly created_at: string;
  readonly creation_ip: string;
  readonly default_project_id: string;
  readonly deletable: boolean;
  readonly description: string;
  readonly editable: boolean;
  readonly expires_at: string | null;
  readonly managed: boolean;
  readonly secret_key: null;
  readonly updated_at: string;
}

/** [scaleway account v3] */
export interface ProjectView {
  readonly created_at: string;
  readonly description: string;
  readonly id: string;
  readonly name: string;
  readonly organization_id: string;
  readonly qualification: null;
  readonly updated_at: string;
}

export interface ListProjectsResponse {
  readonly projects: readonly ProjectView[];
  readonly total_count: number;
}

export interface ArgumentProblem {
  readonly argument_name: string;
  readonly help_message: string;
  readonly reason: "unknown" | "required" | "format" | "constraint";
}

export interface QuotaProblem {
  readonly current: number;
  readonly organization_id: string;
  readonly quota: number;
  readonly resource: string;
}

/** Every error answer's body: `type` says which of the other fields are there. */
export interface ProblemBody {
  readonly type: string;
  readonly message: string;
  readonly help_message?: string;
  readonly details?: readonly unknown[];
  readonly resource?: string;
  readonly resource_id?: string;
  readonly [field: string]: unknown;
}
