// Records as the API shows them, keys in alphabetical order as the recorded answers of 2026 have them.

import type { ApiKeyView, NatsAccount, NatsCredentials, ProjectView } from "../../api-client/shapes.ts";
import { formatUs } from "./moment.ts";
import type { Account, ApiKey, Credential, Project } from "./records.ts";

export const credentialsFileName = "user.creds";

export function accountView(account: Account, endpoint: string): NatsAccount {
  return {
    created_at: formatUs(account.createdUs),
    endpoint,
    id: account.id,
    name: account.name,
    project_id: account.projectId,
    region: account.region,
    updated_at: formatUs(account.updatedUs),
  };
}

/** Without the file: that is only in the creation's answer. */
export function credentialsView(credential: Credential, region: string): NatsCredentials {
  return {
    checksum: credential.checksum,
    created_at: formatUs(credential.createdUs),
    credentials: null,
    id: credential.id,
    name: credential.name,
    nats_account_id: credential.accountId,
    region,
    updated_at: formatUs(credential.updatedUs),
  };
}

/** The answer to a creation has the nanoseconds that nothing later has; clients do not depend on them. */
export function withPreciseTimes<T extends { created_at: string; updated_at: string }>(
  view: T,
  created: string,
): T {
  return { ...view, created_at: created, updated_at: created };
}

/** [scaleway iam v1alpha1], the fields of its recorded answer that have a meaning here. */
export function apiKeyView(apiKey: ApiKey): ApiKeyView {
  const created = formatUs(apiKey.createdUs);
  return {
    access_key: apiKey.accessKey,
    created_at: created,
    creation_ip: "",
    default_project_id: apiKey.defaultProjectId,
    deletable: false,
    description: apiKey.description,
    editable: false,
    expires_at: apiKey.expiresUs === undefined ? null : formatUs(apiKey.expiresUs),
    managed: false,
    secret_key: null,
    updated_at: created,
  };
}

export function projectView(project: Project): ProjectView {
  return {
    created_at: formatUs(project.createdUs),
    description: "",
    id: project.id,
    name: project.name,
    organization_id: project.organizationId,
    qualification: null,
    updated_at: formatUs(project.updatedUs),
  };
}
