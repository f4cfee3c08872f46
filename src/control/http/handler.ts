// One request to one answer: find the route, find out who asks, run the operation, give its outcome a form. Whatever
// happens inside, the answer is JSON and shows nothing of it.

import { authenticate } from "../actions/authenticate.ts";
import { type Caller, type ControlContext, newUuid } from "../actions/context.ts";
import { invalid, notFound, type Outcome, type Refused, refuse } from "../model/refusal.ts";
import { Failures } from "./failures.ts";
import { refusedTooLarge } from "./json-body.ts";
import {
  type HttpRequest,
  type HttpResponse,
  pathLengthMax,
  queryLengthMax,
  standardHeaders,
} from "./message.ts";
import { natsRoutes } from "./nats-api.ts";
import { neighbourRoutes } from "./neighbours.ts";
import { internalProblem, type Problem, problem } from "./problem.ts";
import { type Answer, Routes } from "./route.ts";

const shownPathMax = 200;

export class Handler {
  readonly #context: ControlContext;
  readonly #ready: () => boolean;
  readonly #failures: Failures;
  readonly #routes = new Routes([...natsRoutes, ...neighbourRoutes]);

  /** `ready` says whether requests can be served: what a load balancer asks. */
  constructor(context: ControlContext, ready: () => boolean) {
    this.#context = context;
    this.#ready = ready;
    this.#failures = new Failures(context.clock);
  }

  /** Never rejects. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const requestId = newUuid(this.#context.random);
    const startedMs = this.#context.clock.monotonicMs();
    const response = await this.#respond(request, requestId);
    if (this.#context.trace.enabled("debug")) {
      const ms = Math.round(this.#context.clock.monotonicMs() - startedMs);
      const line = `${request.method.slice(0, 16)} ${request.path.slice(0, shownPathMax)} ${response.status}`;
      this.#context.trace.log("debug", line, { ms, request_id: requestId });
    }
    return response;
  }

  async #respond(request: HttpRequest, requestId: string): Promise<HttpResponse> {
    const standard = standardHeaders(requestId, request.secure);
    try {
      const health = this.#health(request);
      if (health !== undefined) return { ...health, headers: standard };
      const outcome = await this.#answer(request);
      if (outcome.kind === "refused") return written(problem(outcome.refusal), standard);
      if (outcome.value === undefined) return { status: 204, headers: standard, body: "" };
      return { status: 200, headers: standard, body: JSON.stringify(outcome.value) };
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#context.trace.log("error", `request failed: ${text}`, { request_id: requestId });
      return written(internalProblem(requestId), standard);
    }
  }

  async #answer(request: HttpRequest): Promise<Answer> {
    if (request.path.length > pathLengthMax) return tooLong("path", pathLengthMax);
    if (request.query.length > queryLengthMax) return tooLong("query", queryLengthMax);
    const found = this.#routes.find(request.method, request.path);
    if (found.kind === "none") return notFound("route", request.path.slice(0, shownPathMax));
    if (found.kind === "otherMethod") return refuse({ kind: "methodNotAllowed", allowed: found.allowed });
    const caller = await this.#authenticate(request);
    if (caller.kind === "refused") return caller;
    const { route, path } = found;
    return (
      refusedTooLarge(request.body) ??
      route.run({ context: this.#context, request, caller: caller.value, path })
    );
  }

  async #authenticate(request: HttpRequest): Promise<Outcome<Caller>> {
    const caller = await authenticate(this.#context, request.headers.get("x-auth-token"));
    return caller.kind === "refused" ? (this.#failures.note(request.remote) ?? caller) : caller;
  }

  #health({ method, path }: HttpRequest): { readonly status: number; readonly body: string } | undefined {
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (path === "/livez") return { status: 200, body: JSON.stringify({ status: "ok" }) };
    if (path !== "/healthz" && path !== "/readyz") return undefined;
    const ready = this.#ready();
    return { status: ready ? 200 : 503, body: JSON.stringify({ status: ready ? "ok" : "unavailable" }) };
  }
}

function written({ status, body, headers }: Problem, standard: Record<string, string>): HttpResponse {
  return { status, headers: { ...standard, ...headers }, body: JSON.stringify(body) };
}

function tooLong(argument: string, max: number): Refused {
  return invalid(argument, "constraint", `value length must be at most ${max}`);
}
