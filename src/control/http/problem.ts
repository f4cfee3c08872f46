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
      return {
        status: refusal.status ?? 400,
        body: { details: refusal.details, message: "invalid argument(s)", type: "invalid_arguments" },
      };
    case "notFound":
      return {
        status: 404,
        body: {
          message: "resource is not found",
          resource: refusal.resource,
          resource_id: refusal.resourceId,
          type: "not_found",
        },
      };
    case "denied":
      return {
        status: 401,
        body: {
          message: "authentication is denied",
          method: "api_key",
          reason: refusal.reason,
          type: "denied_authentication",
        },
      };
    case "forbidden": {
      const { action, resource } = refusal;
      const details = [{ action, resource }];
      return {
        status: 403,
        body: { details, message: "insufficient permissions", type: "permissions_denied" },
      };
    }
    case "quota":
      return quotaProblem(refusal);
    case "exists":
      return {
        status: 409,
        body: {
          help_message: refusal.help,
          message: "resource already exists",
          resource: refusal.resource,
          resource_id: refusal.resourceId,
          type: "already_exists",
        },
      };
    case "tooMany":
      return tooManyProblem(refusal);
    case "unavailable":
      return {
        status: 503,
        body: { help_message: refusal.help, message: "service is unavailable", type: "unavailable" },
        headers: { "Retry-After": retryAfterSeconds },
      };
    case "methodNotAllowed": {
      const allowed = refusal.allowed.join(", ");
      return {
        status: 405,
        body: {
          help_message: `allowed: ${allowed}`,
          message: "method is not allowed",
          type: "method_not_allowed",
        },
        headers: { Allow: allowed },
      };
    }
  }
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
