// A client of the REST API in a hundred lines, for the command line, the console and the tests: one method an
// operation, and an ApiError for every answer that is not a success. Runs in browsers; needs nothing but `fetch`.

import type {
  ListNatsAccountsResponse,
  ListNatsCredentialsResponse,
  ListOrder,
  ListProjectsResponse,
  NatsAccount,
  NatsCredentials,
  ProblemBody,
} from "./shapes.ts";

/** The part of `fetch` that is used, so that a test or an old browser can bring its own. */
export type Fetch = (
  url: string,
  request: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; text(): Promise<string> }>;

export interface ClientOptions {
  /** Without a slash at the end: "http://127.0.0.1:8080". */
  readonly url: string;
  /** UUID; travels as X-Auth-Token. */
  readonly secretKey: string;
  readonly fetch?: Fetch;
}

export interface ListOptions {
  readonly project_id?: string;
  /** From 1. */
  readonly page?: number;
  /** At most 100; 50 when absent. */
  readonly page_size?: number;
  readonly order_by?: ListOrder;
}

export interface CreateOptions {
  /** The same key with the same request answers the same object for 24 hours. */
  readonly idempotencyKey?: string;
}

/** The service refused or failed; `body.type` says how, as Scaleway's SDKs read it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(`${status} ${body.type}: ${body.message}${body.help_message ? ` (${body.help_message})` : ""}`);
    this.status = status;
    this.body = body;
  }
}

export class Client {
  readonly #options: ClientOptions;
  readonly #fetch: Fetch;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((url, request) => fetch(url, request));
  }

  createAccount(
    region: string,
    account: { name: string; project_id: string },
    options: CreateOptions = {},
  ): Promise<NatsAccount> {
    return this.#call("POST", accounts(region), account, options);
  }

  getAccount(region: string, id: string): Promise<NatsAccount> {
    return this.#call("GET", accounts(region, id));
  }

  listAccounts(region: string, options: ListOptions = {}): Promise<ListNatsAccountsResponse> {
    return this.#call("GET", accounts(region) + query(options));
  }

  updateAccount(region: string, id: string, change: { name?: string }): Promise<NatsAccount> {
    return this.#call("PATCH", accounts(region, id), change);
  }

  async deleteAccount(region: string, id: string): Promise<void> {
    await this.#call("DELETE", accounts(region, id));
  }

  /** The one answer that holds the credentials' content. */
  createCredentials(
    region: string,
    credentials: { name: string; nats_account_id: string },
    options: CreateOptions = {},
  ): Promise<NatsCredentials> {
    return this.#call("POST", credentialsOf(region), credentials, options);
  }

  getCredentials(region: string, id: string): Promise<NatsCredentials> {
    return this.#call("GET", credentialsOf(region, id));
  }

  listCredentials(
    region: string,
    options: ListOptions & { readonly nats_account_id?: string } = {},
  ): Promise<ListNatsCredentialsResponse> {
    return this.#call("GET", credentialsOf(region) + query(options));
  }

  async deleteCredentials(region: string, id: string): Promise<void> {
    await this.#call("DELETE", credentialsOf(region, id));
  }

  listProjects(organizationId: string): Promise<ListProjectsResponse> {
    return this.#call("GET", `/account/v3/projects${query({ organization_id: organizationId })}`);
  }

  /** @throws ApiError for every status but 2xx; whatever `fetch` throws when there is no answer. */
  async #call<T>(method: string, path: string, body?: object, options: CreateOptions = {}): Promise<T> {
    const headers: Record<string, string> = { "x-auth-token": this.#options.secretKey };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (options.idempotencyKey !== undefined) headers["idempotency-key"] = options.idempotencyKey;
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await this.#fetch(this.#options.url + path, request);
    const text = await answer.text();
    if (answer.status >= 200 && answer.status < 300) return (text === "" ? undefined : JSON.parse(text)) as T;
    throw new ApiError(answer.status, problem(answer.status, text));
  }
}

function accounts(region: string, id?: string): string {
  return path(region, "nats-accounts", id);
}

function credentialsOf(region: string, id?: string): string {
  return path(region, "nats-credentials", id);
}

function path(region: string, collection: string, id: string | undefined): string {
  const all = `/mnq/v1beta1/regions/${encodeURIComponent(region)}/${collection}`;
  return id === undefined ? all : `${all}/${encodeURIComponent(id)}`;
}

function query(options: object): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** A proxy in between may answer with anything. */
function problem(status: number, text: string): ProblemBody {
  try {
    const body = JSON.parse(text) as Partial<ProblemBody> | null;
    if (typeof body?.type === "string" && typeof body.message === "string") return body as ProblemBody;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { type: "unknown", message: `http error ${status}`, received: text.slice(0, 500) };
}
