// Which operation a method and a path ask for.

import type { Caller, ControlContext } from "../actions/context.ts";
import type { Outcome } from "../model/refusal.ts";
import type { HttpRequest } from "./message.ts";

/** What an operation answers: a JSON body with status 200, or nothing with status 204. */
export type Answer = Outcome<object | undefined>;

export interface Call {
  readonly context: ControlContext;
  readonly request: HttpRequest;
  readonly caller: Caller;
  /** Values of the path's named parts, decoded. */
  readonly path: ReadonlyMap<string, string>;
}

export interface Route {
  readonly method: string;
  /** "/mnq/v1beta1/regions/{region}/nats-accounts" */
  readonly pattern: string;
  readonly run: (call: Call) => Promise<Answer>;
}

export type Found =
  | { readonly kind: "found"; readonly route: Route; readonly path: ReadonlyMap<string, string> }
  | { readonly kind: "otherMethod"; readonly allowed: readonly string[] }
  | { readonly kind: "none" };

export class Routes {
  readonly #routes: readonly { readonly route: Route; readonly parts: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, parts: route.pattern.split("/") }));
  }

  find(method: string, path: string): Found {
    const parts = path.split("/");
    const allowed: string[] = [];
    for (const { route, parts: pattern } of this.#routes) {
      const values = matched(pattern, parts);
      if (values === undefined) continue;
      if (route.method === method) return { kind: "found", route, path: values };
      allowed.push(route.method);
    }
    return allowed.length > 0 ? { kind: "otherMethod", allowed } : { kind: "none" };
  }
}

function matched(
  pattern: readonly string[],
  parts: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const values = new Map<string, string>();
  for (const [at, expected] of pattern.entries()) {
    const part = parts[at]!;
    if (!expected.startsWith("{")) {
      if (part !== expected) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === undefined || value === "") return undefined;
    values.set(expected.slice(1, -1), value);
  }
  return values;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
