// The few REST calls that the tests of the program make, as a person with curl would make them.
import assert from "node:assert/strict";
import { exported } from "./chappe.ts";

const answerDeadlineMs = 20_000;

export interface NatsAccount {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
}

export interface NatsCredentials {
  readonly id: string;
  readonly name: string;
  readonly nats_account_id: string;
  readonly credentials: { readonly content: string };
}

/** A creation that was answered with something else than 200. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
  }
}

export class Rest {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #project: string;

  constructor(data: string) {
    const variables = exported(data);
    this.#url = `${variables.get("SCW_API_URL")}/mnq/v1beta1/regions`;
    this.#project = variables.get("SCW_DEFAULT_PROJECT_ID")!;
    this.#headers = { "X-Auth-Token": variables.get("SCW_SECRET_KEY")!, "Content-Type": "application/json" };
  }

  createAccount(name: string, region = "fr-par"): Promise<NatsAccount> {
    return this.#post(`${region}/nats-accounts`, { name, project_id: this.#project }) as Promise<NatsAccount>;
  }

  createCredentials(account: NatsAccount, name: string, region = "fr-par"): Promise<NatsCredentials> {
    const body = { name, nats_account_id: account.id };
    return this.#post(`${region}/nats-credentials`, body) as Promise<NatsCredentials>;
  }

  async accounts(): Promise<readonly NatsAccount[]> {
    return (await this.#all("nats-accounts", "nats_accounts")) as readonly NatsAccount[];
  }

  async credentials(): Promise<readonly NatsCredentials[]> {
    return (await this.#all("nats-credentials", "nats_credentials")) as readonly NatsCredentials[];
  }

  async delete(path: string): Promise<void> {
    const answer = await this.#ask(path, { method: "DELETE" });
    assert.equal(answer.status, 204, await answer.text());
  }

  async #all(path: string, field: string): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.#ask(`fr-par/${path}?page=${page}&page_size=100`, {});
      const body = (await answer.json()) as Record<string, readonly unknown[]>;
      assert.equal(answer.status, 200, JSON.stringify(body));
      if (body[field]!.length === 0) return items;
      items.push(...body[field]!);
    }
  }

  async #post(path: string, body: object): Promise<unknown> {
    const answer = await this.#ask(path, { method: "POST", body: JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status !== 200) throw new Refused(answer.status, text);
    return JSON.parse(text);
  }

  #ask(path: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(answerDeadlineMs);
    return fetch(`${this.#url}/${path}`, { ...init, headers: this.#headers, signal });
  }
}
