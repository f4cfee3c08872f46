// Whether the server is well. [nats-server monitor.go healthz]

import { sparse } from "../go-json.ts";
import type { Query } from "../query.ts";
import type { OptionGroups, Options } from "../request-body.ts";
import type { SubjectServer } from "../subject-server.ts";

export interface HealthzOptions {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
  readonly details: boolean;
}

export interface Health {
  readonly code: number;
  readonly status: "ok" | "error";
  readonly error: string;
  readonly errors: readonly object[];
}

export const healthzGroup: OptionGroups = {
  HealthzOptions: {
    "js-enabled": "bool",
    "js-enabled-only": "bool",
    "js-server-only": "bool",
    "js-meta-only": "bool",
    account: "string",
    stream: "string",
    consumer: "string",
    details: "bool",
  },
};

export function healthzOptions(options: Options): HealthzOptions {
  return {
    account: options.text("account"),
    stream: options.text("stream"),
    consumer: options.text("consumer"),
    details: options.flag("details"),
  };
}

export function healthzQuery(query: Query): HealthzOptions {
  for (const name of ["js-enabled", "js-enabled-only", "js-server-only", "js-meta-only"]) query.flag(name);
  return {
    details: query.flag("details"),
    account: query.text("account"),
    stream: query.text("stream"),
    consumer: query.text("consumer"),
  };
}

export function healthz(server: SubjectServer, options: HealthzOptions): Health {
  const { account, stream, consumer, details } = options;
  const failed = (code: number, type: string, text: string): Health => {
    if (!details) return { code, status: "error", error: text, errors: [] };
    return { code, status: "error", error: "", errors: [{ type, error: text }] };
  };
  if (account === "" && stream !== "") {
    return failed(400, "BAD_REQUEST", '"account" must not be empty when checking stream health');
  }
  if (stream === "" && consumer !== "") {
    return failed(400, "BAD_REQUEST", '"stream" must not be empty when checking consumer health');
  }
  if (server.door().listen === undefined) {
    return failed(
      500,
      "CONNECTION",
      "failed to be ready for connections after 1ms: client server(ok=false, err=<nil>)",
    );
  }
  return { code: 200, status: "ok", error: "", errors: [] };
}

/** The code is told where nothing else tells it. */
export function describeHealth({ code, status, error, errors }: Health, withCode: boolean): object {
  return { status, ...sparse({ status_code: withCode ? code : 0, error, errors }) };
}
