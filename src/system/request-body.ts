// The JSON of a request to the system account, and whether this server is among those it is meant for.
// [nats-server events.go EventFilterOptions, filterRequest]

import type { ServerIdentity } from "./subject-server.ts";

/** Bytes of a request's body that are read. */
const bodyBytesMax = 64 * 1024;

/** The members of a request's body; empty for an empty body, undefined for what is no JSON object. */
export function readBody(payload: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (payload.length === 0) return {};
  if (payload.length > bodyBytesMax) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(payload.utf8Slice());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return typeof body === "object" && body !== null && !Array.isArray(body)
    ? (body as Readonly<Record<string, unknown>>)
    : undefined;
}

export function isMeant(identity: ServerIdentity, body: Readonly<Record<string, unknown>>): boolean {
  const exact = body.exact_match === true;
  const fits = (asked: unknown, actual: string): boolean => {
    if (typeof asked !== "string" || asked === "") return true;
    return exact ? actual === asked : actual.includes(asked);
  };
  // Neither a cluster nor a domain is ours: whoever asks for one asks others.
  if (!fits(body.server_name, identity.name) || !fits(body.host, identity.host)) return false;
  if (!fits(body.cluster, "") || !fits(body.domain, "")) return false;
  const tags = Array.isArray(body.tags) ? body.tags : [];
  return tags.every((tag) => typeof tag === "string" && identity.tags.includes(tag.toLowerCase()));
}
