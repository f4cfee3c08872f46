// The shape of the data, version by version. A version once released is never edited: a change is a new entry. The
// SQL is what SQLite and PostgreSQL both understand, but for `blob`, which a PostgreSQL store spells `bytea`.

export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

const whoAsks = [
  `create table organizations (
     id text primary key,
     name text not null,
     created_us bigint not null
   )`,
  `create table projects (
     id text primary key,
     organization_id text not null references organizations (id),
     name text not null,
     created_us bigint not null,
     updated_us bigint not null
   )`,
  "create index projects_by_organization on projects (organization_id)",
  `create table api_keys (
     access_key text primary key,
     organization_id text not null references organizations (id),
     default_project_id text not null references projects (id),
     secret_hash text not null unique,
     description text not null,
     created_us bigint not null,
     expires_us bigint
   )`,
  `create table installation_keys (
     name text primary key,
     public_key text not null,
     sealed_seed blob not null,
     created_us bigint not null
   )`,
];

const whereAccountsLive = [
  "create table regions (name text primary key)",
  `create table cells (
     id text primary key,
     region text not null references regions (name),
     kind text not null check (kind in ('broker', 'cluster')),
     host text not null,
     port integer not null,
     endpoint text not null,
     state text not null check (state in ('starting', 'open', 'full')),
     created_us bigint not null
   )`,
];

const accountsAndCredentials = [
  `create table accounts (
     id text primary key,
     organization_id text not null references organizations (id),
     project_id text not null references projects (id),
     region text not null references regions (name),
     cell_id text not null references cells (id),
     name text not null,
     state text not null check (state in ('pending', 'active', 'deleting')),
     iat bigint not null,
     jwt text not null,
     applied integer not null check (applied in (0, 1)),
     ever_active integer not null check (ever_active in (0, 1)),
     created_us bigint not null,
     updated_us bigint not null
   )`,
  "create index accounts_by_organization on accounts (organization_id, region, state)",
  `create table signing_keys (
     id text primary key,
     account_id text not null references accounts (id) on delete cascade,
     sealed_seed blob not null,
     issued integer not null,
     live integer not null check (live >= 0),
     retired integer not null check (retired in (0, 1)),
     created_us bigint not null
   )`,
  "create index signing_keys_by_account on signing_keys (account_id)",
  `create table revocations (
     signing_key_id text not null references signing_keys (id) on delete cascade,
     user_key text not null,
     at bigint not null,
     primary key (signing_key_id, user_key)
   )`,
  `create table credentials (
     id text primary key,
     account_id text not null references accounts (id) on delete cascade,
     signing_key_id text not null references signing_keys (id),
     user_key text not null unique,
     name text not null,
     iat bigint not null,
     checksum text not null,
     state text not null check (state in ('active', 'deleting')),
     created_us bigint not null,
     updated_us bigint not null
   )`,
  "create index credentials_by_account on credentials (account_id, state)",
  "create index credentials_by_signing_key on credentials (signing_key_id)",
  `create table idempotency_keys (
     organization_id text not null references organizations (id),
     idempotency_key text not null,
     fingerprint text not null,
     resource_id text not null,
     answer text,
     created_us bigint not null,
     primary key (organization_id, idempotency_key)
   )`,
  "create index idempotency_keys_by_age on idempotency_keys (created_us)",
  "create index idempotency_keys_by_resource on idempotency_keys (resource_id)",
];

export const migrations: readonly Migration[] = [
  { version: 1, statements: [...whoAsks, ...whereAccountsLive, ...accountsAndCredentials] },
];

/** The newest format this version reads and writes. */
export const newestFormat: number = migrations.at(-1)?.version ?? 0;
