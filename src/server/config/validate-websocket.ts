// What does not go together in the websocket block. [nats-server websocket.go validateWebsocketOptions]

import { validateNoAuthUser } from "./no-auth-user.ts";
import type { ServerOptions } from "./options.ts";
import { quoted } from "./quoted.ts";

const forbiddenHeaders = new Set(["host", "content-length", "connection", "upgrade", "nats-no-masking"]);

export function validateWebSocket(options: ServerOptions): string | undefined {
  const ws = options.webSocket;
  if (ws === undefined) return undefined;
  if (ws.tls === undefined && !ws.noTls) return "websocket requires TLS configuration";
  for (const origin of ws.allowedOrigins) {
    const mistake = originMistake(origin);
    if (mistake !== undefined) return mistake;
  }
  const noAuth = validateNoAuthUser(options, ws.noAuthUser);
  if (noAuth !== undefined) return noAuth;
  const { users, nkeys } = options.authorization;
  if (users.length > 0 || nkeys.length > 0) {
    const both = "not compatible with presence of users/nkeys";
    if (ws.user !== "") return `websocket authentication username ${both}`;
    if (ws.token !== "") return `websocket authentication token ${both}`;
  }
  if (ws.jwtCookie !== "" && options.operator === undefined) {
    const needed = "trusted operators or trusted keys configuration is required";
    return `${needed} for JWT authentication via cookie ${quoted(ws.jwtCookie)}`;
  }
  return headerMistake(ws.headers.keys());
}

function originMistake(origin: string): string | undefined {
  const unable = "unable to parse allowed origin";
  const parts = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)/.exec(origin);
  if (parts === null) {
    if (origin.startsWith("/") || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(origin)) return notAbsolute(origin);
    const reason = origin === "" ? "empty url" : "invalid URI for request";
    return `${unable}: parse ${quoted(origin)}: ${reason}`;
  }
  const [, scheme = "", host = ""] = parts;
  if (!/^https?$/i.test(scheme)) return notAbsolute(origin);
  if (host === "") return `${unable} ${quoted(origin)}: host is required`;
  const port = /:([^:\]]*)$/.exec(host.slice(host.lastIndexOf("@") + 1))?.[1];
  if (port === undefined || /^[0-9]*$/.test(port)) return undefined;
  return `${unable}: parse ${quoted(origin)}: invalid port ${quoted(`:${port}`)} after host`;
}

function notAbsolute(origin: string): string {
  const rule = "allowed origins must be absolute URLs with http or https scheme";
  return `unable to parse allowed origin ${quoted(origin)}: ${rule}`;
}

function headerMistake(names: Iterable<string>): string | undefined {
  for (const name of names) {
    const lower = name.toLowerCase();
    if (forbiddenHeaders.has(lower)) return `websocket: invalid header ${quoted(name)} not allowed`;
    if (lower.startsWith("sec-websocket-")) {
      return `websocket: invalid header ${quoted(name)}, "Sec-WebSocket-" prefix not allowed`;
    }
  }
  return undefined;
}
