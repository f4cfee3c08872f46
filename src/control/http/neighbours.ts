// The few calls beside NATS that Scaleway's command line makes: whose API key is this, which projects are there.
// [scaleway iam v1alpha1, account v3]

import type { ListProjectsResponse } from "../../api-client/shapes.ts";
import { done, notFound } from "../model/refusal.ts";
import { apiKeyView, projectView } from "../model/view.ts";
import { queryArguments } from "./nats-api.ts";
import type { Answer, Call, Route } from "./route.ts";

export const neighbourRoutes: readonly Route[] = [
  { method: "GET", pattern: "/iam/v1alpha1/api-keys/{access_key}", run: getApiKey },
  { method: "GET", pattern: "/account/v3/projects", run: listProjects },
  { method: "GET", pattern: "/account/v3/projects/{project_id}", run: getProject },
];

async function getApiKey({ context, caller, path }: Call): Promise<Answer> {
  const accessKey = path.get("access_key") ?? "";
  const apiKey = await context.store.transaction((tx) => tx.tenants.apiKey(accessKey));
  if (apiKey?.organizationId !== caller.organizationId) return notFound("api_key", accessKey);
  return done(apiKeyView(apiKey));
}

/** Another organization's id shows no project. */
async function listProjects({ context, caller, request }: Call): Promise<Answer> {
  const given = queryArguments(request.query);
  const organizationId = given.optionalUuid("organization_id") ?? caller.organizationId;
  const page = given.page();
  const refused = given.refusal();
  if (refused !== undefined) return refused;
  const own = organizationId === caller.organizationId;
  const all = own ? await context.store.transaction((tx) => tx.tenants.projects(organizationId)) : [];
  const first = (page.page - 1) * page.pageSize;
  const answer: ListProjectsResponse = {
    projects: all.slice(first, first + page.pageSize).map(projectView),
    total_count: all.length,
  };
  return done(answer);
}

async function getProject({ context, caller, path }: Call): Promise<Answer> {
  const id = (path.get("project_id") ?? "").toLowerCase();
  const project = await context.store.transaction((tx) => tx.tenants.project(id));
  if (project?.organizationId !== caller.organizationId) return notFound("project", id);
  return done(projectView(project));
}
