// A refusal as the JSON that Scaleway's SDKs read, byte for byte as recorded where it was recorded.

import type { ProblemBody } from "../../api-client/shapes.ts";
import { formatUs } from "../model/moment.ts";
import type { Refusal } from "../model/refusal.ts";

export interface Problem {
  readonly status: number;
  /** Keys in alphabetical order. */
  readonly body: ProblemBody;
  readonly headers?: Readonly<Record<string, string>>;
}

const retryAfterSeconds = "2"; // as Terraform waits anyway

export function problem(refusal: Refusal): Problem {
  switch (refusal.kind) {
    case "invalid":
      return invalidProblem(refusal);
    case "notFound": {
      const { resource, resourceId: resource_id } = refusal;
      return {
        status: 404,
        body: { message: "resource is not found", resource, resource_id, type: "not_found" },
      };
    }
    case "denied": {
      const { reason } = refusal;
      const [message, type] = ["authentication is denied", "denied_authentication"];
      return { status: 401, body: { message, method: "api_key", reason, type } };
    }
    case "forbidden": {
      const details = [{ action: refusal.action, resource: refusal.resource }];
      return {
        status: 403,
        body: { details, message: "insufficient permissions", type: "permissions_denied" },
      };
    }
    case "quota":
      return quotaProblem(refusal);
    case "exists": {
      const { help: help_message, resource, resourceId: resource_id } = refusal;
      const message = "resource already exists";
      return { status: 409, body: { help_message, message, resource, resource_id, type: "already_exists" } };
    }
    case "tooMany":
      return tooManyProblem(refusal);
    case "unavailable":
      return unavailableProblem(refusal);
    case "methodNotAllowed":
      return methodProblem(refusal);
  }
}

function invalidProblem({ details, status }: Refusal & { kind: "invalid" }): Problem {
  return {
    status: status ?? 400,
    body: { details, message: "invalid argument(s)", type: "invalid_arguments" },
  };
}

function unavailableProblem({ help: help_message }: Refusal & { kind: "unavailable" }): Problem {
  const body = { help_message, message: "service is unavailable", type: "unavailable" };
  return { status: 503, body, headers: { "Retry-After": retryAfterSeconds } };
}

function methodProblem({ allowed }: Refusal & { kind: "methodNotAllowed" }): Problem {
  const list = allowed.join(", ");
  const body = {
    help_message: `allowed: ${list}`,
    message: "method is not allowed",
    type: "method_not_allowed",
  };
  return { status: 405, body, headers: { Allow: list } };
}

// No recording of these two: the shapes are those that the parsers of sdk-js and sdk-go read into typed errors.
function quotaProblem(refusal: Refusal & { kind: "quota" }): Problem {
  const { current, organizationId, quota, resource } = refusal;
  const details = [{ current, organization_id: organizationId, quota, resource }];
  return { status: 403, body: { details, message: "quota(s) exceeded", type: "quotas_exceeded" } };
}

function tooManyProblem(refusal: Refusal & { kind: "tooMany" }): Problem {
  const { quota, windowSeconds, resetSeconds, resetUs, help } = refusal;
  return {
    status: 429,
    body: {
      help_message: help,
      limit: { quota, window_seconds: windowSeconds },
      message: "too many requests",
      reset_at: formatUs(resetUs),
      reset_seconds: resetSeconds,
      type: "too_many_requests",
    },
    headers: { "Retry-After": String(resetSeconds) },
  };
}

/** Says nothing of what went wrong inside; the request id finds it in the log. */
export function internalProblem(requestId: string): Problem {
  const message = `an unexpected error happened; the log has more under request ${requestId}`;
  return { status: 500, body: { message, type: "internal_error" } };
}
