// Who may connect and what they may do: authorization, users, accounts, exports and imports.

export interface SubjectPermissionOptions {
  /** Undefined: everything that is not denied. Empty: nothing. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[] | undefined;
}

export interface ResponsePermissionOptions {
  /** Negative: unlimited. */
  readonly messagesMax: number;
  /** Negative: for ever. */
  readonly expiresMs: number;
}

/** Entries for subscriptions may be "subject queue". */
export interface PermissionOptions {
  readonly publish: SubjectPermissionOptions | undefined;
  readonly subscribe: SubjectPermissionOptions | undefined;
  readonly response: ResponsePermissionOptions | undefined;
}

interface IdentityOptions {
  /** "$G" if none was named. */
  readonly account: string;
  readonly permissions: PermissionOptions | undefined;
  /** Upper case; empty: all. */
  readonly connectionTypes: readonly string[];
  readonly proxyRequired: boolean;
}

export interface UserOptions extends IdentityOptions {
  readonly user: string;
  /** Plain, or a bcrypt hash beginning with $2a$, $2b$, $2x$ or $2y$. */
  readonly password: string;
}

export interface NkeyUserOptions extends IdentityOptions {
  readonly nkey: string;
}

export interface AuthCalloutOptions {
  /** Public key of the account that signs the answers. */
  readonly issuer: string;
  readonly account: string;
  /** Users that are not sent through the callout. */
  readonly authUsers: readonly string[];
  /** Public curve key of the service, "" if requests are not encrypted. */
  readonly xkey: string;
  /** Accounts that are delegated; empty: all. */
  readonly allowedAccounts: readonly string[];
}

export interface AuthorizationOptions {
  /** The one user, "" if none. */
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly timeoutMs: number;
  /** Users of the authorization block and of all accounts. */
  readonly users: readonly UserOptions[];
  readonly nkeys: readonly NkeyUserOptions[];
  /** User name or nkey taken for a connection without credentials; "" if none. */
  readonly noAuthUser: string;
  readonly proxyRequired: boolean;
  readonly callout: AuthCalloutOptions | undefined;
}

export interface MappingDestinationOptions {
  readonly subject: string;
  /** Percent, 0…100. */
  readonly weight: number;
  /** Only on servers of this cluster; "" for all. */
  readonly cluster: string;
}

export interface MappingOptions {
  readonly source: string;
  readonly destinations: readonly MappingDestinationOptions[];
}

export interface StreamExportOptions {
  readonly subject: string;
  /** Undefined: public. Empty: nobody. */
  readonly accounts: readonly string[] | undefined;
  /** 1-based token that must be the importing account's name; 0: none. */
  readonly accountTokenPosition: number;
}

export interface ServiceLatencyOptions {
  readonly subject: string;
  /** Percent, 1…100; 0: as the request's headers ask for. */
  readonly sampling: number;
}

export interface ServiceExportOptions extends StreamExportOptions {
  readonly responseType: "singleton" | "stream" | "chunked";
  readonly responseThresholdMs: number;
  readonly latency: ServiceLatencyOptions | undefined;
  readonly allowTrace: boolean;
}

export interface StreamImportOptions {
  /** The exporting account. */
  readonly account: string;
  readonly subject: string;
  /** Where it appears here; "" if neither `to` nor `prefix` was given. At most one of the two is set. */
  readonly to: string;
  readonly prefix: string;
  readonly allowTrace: boolean;
}

export interface ServiceImportOptions {
  readonly account: string;
  /** The subject in the exporting account. */
  readonly subject: string;
  /** The subject that is requested here. */
  readonly to: string;
  readonly share: boolean;
}

/** -1: unlimited. */
export interface AccountLimitOptions {
  readonly connections: number;
  readonly subscriptions: number;
  readonly payloadBytes: number;
  readonly leafNodes: number;
}

/** -1: unlimited. */
export interface AccountJetStreamOptions {
  readonly memoryBytes: number;
  readonly storeBytes: number;
  readonly streams: number;
  readonly consumers: number;
  readonly ackPending: number;
  readonly memoryStreamBytes: number;
  readonly storeStreamBytes: number;
  readonly maxBytesRequired: boolean;
}

export interface AccountOptions {
  readonly name: string;
  readonly nkey: string;
  readonly exports: {
    readonly streams: readonly StreamExportOptions[];
    readonly services: readonly ServiceExportOptions[];
  };
  readonly imports: {
    readonly streams: readonly StreamImportOptions[];
    readonly services: readonly ServiceImportOptions[];
  };
  readonly mappings: readonly MappingOptions[];
  readonly limits: AccountLimitOptions;
  /** Undefined: JetStream is off for this account. */
  readonly jetStream: AccountJetStreamOptions | undefined;
  /** Already given to the users that have none of their own. */
  readonly defaultPermissions: PermissionOptions | undefined;
  /** Where traces go for messages that carry a trace context; sampling in percent. */
  readonly trace: { readonly destination: string; readonly sampling: number } | undefined;
  /** True: replication traffic runs in the account instead of the system account. */
  readonly ownClusterTraffic: boolean;
}
