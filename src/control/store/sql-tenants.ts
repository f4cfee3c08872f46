// Organizations, projects and API keys in SQL.

import type { ApiKey, Organization, Project } from "../model/records.ts";
import type { Row, Sql } from "./database.ts";
import { all, insert, integer, maybeInteger, one, text } from "./rows.ts";
import type { Tenants } from "./store.ts";

export class SqlTenants implements Tenants {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  organizations(): Promise<readonly Organization[]> {
    return all(this.#sql.all("select * from organizations order by created_us, id"), organization);
  }

  insertOrganization(it: Organization): Promise<void> {
    return insert(this.#sql, "organizations", { id: it.id, name: it.name, created_us: it.createdUs });
  }

  project(id: string): Promise<Project | undefined> {
    return one(this.#sql.all("select * from projects where id = ?", id), project);
  }

  projects(organizationId: string): Promise<readonly Project[]> {
    const text = "select * from projects where organization_id = ? order by created_us, id";
    return all(this.#sql.all(text, organizationId), project);
  }

  insertProject(it: Project): Promise<void> {
    return insert(this.#sql, "projects", {
      id: it.id,
      organization_id: it.organizationId,
      name: it.name,
      created_us: it.createdUs,
      updated_us: it.updatedUs,
    });
  }

  apiKeyBySecretHash(secretHash: string): Promise<ApiKey | undefined> {
    return one(this.#sql.all("select * from api_keys where secret_hash = ?", secretHash), apiKey);
  }

  apiKey(accessKey: string): Promise<ApiKey | undefined> {
    return one(this.#sql.all("select * from api_keys where access_key = ?", accessKey), apiKey);
  }

  insertApiKey(it: ApiKey): Promise<void> {
    return insert(this.#sql, "api_keys", {
      access_key: it.accessKey,
      organization_id: it.organizationId,
      default_project_id: it.defaultProjectId,
      secret_hash: it.secretHash,
      description: it.description,
      created_us: it.createdUs,
      expires_us: it.expiresUs ?? null,
    });
  }
}

function organization(row: Row): Organization {
  return { id: text(row, "id"), name: text(row, "name"), createdUs: integer(row, "created_us") };
}

function project(row: Row): Project {
  return {
    id: text(row, "id"),
    organizationId: text(row, "organization_id"),
    name: text(row, "name"),
    createdUs: integer(row, "created_us"),
    updatedUs: integer(row, "updated_us"),
  };
}

function apiKey(row: Row): ApiKey {
  return {
    accessKey: text(row, "access_key"),
    organizationId: text(row, "organization_id"),
    defaultProjectId: text(row, "default_project_id"),
    secretHash: text(row, "secret_hash"),
    description: text(row, "description"),
    createdUs: integer(row, "created_us"),
    expiresUs: maybeInteger(row, "expires_us"),
  };
}
