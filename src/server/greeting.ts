// What INFO says of the server itself, to clients and to WebSocket clients.

import type { Endpoint } from "../ports/network.ts";
import type { ServerInfo } from "../wire/frames.ts";
import { splitHostPort } from "./config/listen.ts";
import type { ServerOptions } from "./config/options.ts";
import { apiLevel, build, natsVersion, runtimeName } from "./version.ts";

export interface ServerFacts {
  readonly id: string;
  readonly xkey: string;
  readonly name: string;
  readonly options: ServerOptions;
}

/** `listen` is where clients are really listened for. */
export function clientGreeting({ id, xkey, name, options }: ServerFacts, listen: Endpoint): ServerInfo {
  const { host, port } = advertised(options.clientAdvertise, listen);
  return {
    server_id: id,
    server_name: name,
    version: natsVersion,
    proto: 1,
    git_commit: build,
    go: runtimeName,
    host,
    port,
    headers: options.headers,
    max_payload: options.limits.payloadBytes,
    api_lvl: apiLevel,
    xkey,
  };
}

/** A WebSocket client hears of the WebSocket listener. [nats-server client.go generateClientInfoJSON] */
export function webSocketGreeting(facts: ServerFacts, listen: Endpoint): ServerInfo {
  const secure = facts.options.webSocket?.tls !== undefined;
  const { host, port } = listen;
  return { ...clientGreeting(facts, listen), host, port, tls_required: secure, tls_available: secure };
}

/** Where clients are told to connect: `host`, or `host:port`. */
function advertised(text: string, listen: Endpoint): Endpoint {
  if (text === "") return listen;
  const parts = splitHostPort(text);
  if (parts === undefined) return { host: text, port: listen.port };
  return { host: parts.host, port: Number(parts.port) > 0 ? Number(parts.port) : listen.port };
}
