// node:http and node:https as the port that asks over HTTP: connections are kept for the next question, redirects are
// followed as Go's client does.

import type { Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { GetAnswer, GetRequest, HttpGet } from "../ports/http-get.ts";

const idleConnectionsMax = 10;
const idleMs = 30_000;
const redirectsMax = 10; // as Go's client
const redirects = new Set([301, 302, 303, 307, 308]);

// A tenth of a start, for brokers that never ask.
const http = (): typeof import("node:http") => process.getBuiltinModule("node:http");
const https = (): typeof import("node:https") => process.getBuiltinModule("node:https");

/** @returns one client, with connections of its own. */
export function httpGetter(): HttpGet {
  let agents: Agents | undefined;
  return (request, answered) => {
    agents ??= newAgents();
    void ask(request, agents).then(answered);
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function newAgents(): Agents {
  const kept = { keepAlive: true, maxFreeSockets: idleConnectionsMax, timeout: idleMs };
  return { http: new (http().Agent)(kept), https: new (https().Agent)(kept) };
}

async function ask(request: GetRequest, agents: Agents): Promise<GetAnswer> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  try {
    let url = new URL(request.url);
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const response = await send(url, request, agents, signal);
      const { statusCode: status = 0, statusMessage: reason = "", headers } = response;
      if (!redirects.has(status) || headers.location === undefined) {
        return { kind: "answered", status, reason, body: await read(response, request.bytesMax) };
      }
      response.destroy();
      url = new URL(headers.location, url);
    }
    return { kind: "failed", why: `stopped after ${redirectsMax} redirects` };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return {
      kind: "failed",
      why: signal.aborted ? `no answer within ${request.timeoutMs} ms` : error.message,
    };
  }
}

function send(url: URL, request: GetRequest, agents: Agents, signal: AbortSignal): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
  }
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === "http:"
        ? http().get(url, { agent: agents.http, signal }, resolve)
        : https().get(url, { agent: agents.https, signal, ...trust(request) }, resolve);
    asked.on("error", reject);
  });
}

function trust({ tls }: GetRequest): object {
  if (tls === undefined) return {};
  const { ca, cert, key, insecure } = tls;
  return {
    rejectUnauthorized: !insecure,
    ...(ca === "" ? {} : { ca }),
    ...(cert === "" ? {} : { cert, key }),
  };
}

async function read(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new Error(`the body is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
