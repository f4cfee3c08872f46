// Asks a control plane over real HTTP as a careless client would, and holds every answer to what all answers owe.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { type HttpListener, listenHttp } from "../../src/node/http.ts";
import { aWorld, type World } from "./world.ts";

export const base = "/mnq/v1beta1/regions/fr-par";
export const accounts = `${base}/nats-accounts`;
export const credentials = `${base}/nats-credentials`;
export const someUuid = "2a2515eb-f986-4653-a9df-233e7e9a8d92";
export const absentAccount = "A".repeat(56);

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every kind
  readonly body: any;
}

export class Asking {
  readonly world: World;
  readonly listener: HttpListener;
  /** An account named "kept". */
  readonly accountId: string;

  private constructor(world: World, listener: HttpListener, accountId: string) {
    this.world = world;
    this.listener = listener;
    this.accountId = accountId;
  }

  static async start(): Promise<Asking> {
    const world = await aWorld();
    const listener = await listenHttp({ host: "127.0.0.1", port: 0 }, (request) =>
      world.control.handle(request),
    );
    const asking = new Asking(world, listener, "");
    const { body } = await asking.post(accounts, { name: "kept", project_id: world.tenant.projectId });
    return new Asking(world, listener, body.id);
  }

  async stop(): Promise<void> {
    await this.listener.close();
    await this.world.close();
  }

  async call(method: string, path: string, init: RequestInit = {}): Promise<Answered> {
    const headers = {
      "x-auth-token": this.world.tenant.secretKey,
      ...(init.headers as Record<string, string>),
    };
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(this.listener.url + path, { method, ...init, headers, signal });
    const text = await answer.text();
    assert.equal(answer.headers.get("content-type"), "application/json", "no charset, and on every answer");
    assert.doesNotMatch(text, /\bat .*(\.ts|node:)|Error:|sqlite/i, "no inside is shown");
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    return this.call("POST", path, withJson(body, headers));
  }

  /** What the service answers to raw bytes, until it closes the connection. */
  onWire(bytes: string | Uint8Array): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(this.listener.port, "127.0.0.1", () => socket.write(bytes));
      socket.setTimeout(5_000, () => socket.destroy(new Error("no end of the answer within 5 s")));
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
    });
  }
}

/** A body that says it is JSON: a text or bytes as they are, anything else written out. */
export function withJson(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const asIs = typeof body === "string" || body instanceof Uint8Array;
  const text = (asIs ? body : JSON.stringify(body)) as string;
  return { body: text, headers: { "content-type": "application/json", ...headers } };
}

/** "name:required" for each mistake that the answer names. */
export function mistakes({ body }: Answered): string[] {
  assert.equal(body.type, "invalid_arguments");
  assert.equal(body.message, "invalid argument(s)");
  for (const { help_message: help } of body.details) assert.equal(typeof help, "string");
  return body.details.map((it: Record<string, string>) => `${it.argument_name}:${it.reason}`);
}
