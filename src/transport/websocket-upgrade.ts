// Decides on a WebSocket handshake: the bytes of the answer and what the connection is to be, or the refusal. Pure.
// Source of every check, its order and its status: [nats-server websocket.go wsUpgrade].

import { createHash } from "node:crypto";
import { type OriginPolicy, refuseOrigin } from "./websocket-origin.ts";
import type { HttpRequest } from "./websocket-request.ts";

export interface UpgradePolicy {
  readonly origin: OriginPolicy;
  /** Agree to permessage-deflate with whoever offers it. */
  readonly compression: boolean;
  /** Names of the cookies that may carry credentials; undefined: none does. */
  readonly cookies: CookieNames;
  /** Sent with a successful answer, as they stand. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface CookieNames {
  readonly jwt?: string | undefined;
  readonly user?: string | undefined;
  readonly pass?: string | undefined;
  readonly token?: string | undefined;
}

/** What the handshake found; cookies are "" when there is none. */
export interface Upgrade {
  readonly compress: boolean;
  /** False when the peer asked with Nats-No-Masking to send its frames unmasked. */
  readonly masked: boolean;
  /** Browsers get frames of at most 4 KB. */
  readonly browser: boolean;
  /** Safari does not join compressed frames. */
  readonly wholeCompressedFrames: boolean;
  /** From X-Forwarded-For, when that is one address; what a proxy says, not what is known. */
  readonly clientIp: string | undefined;
  readonly cookies: {
    readonly jwt: string;
    readonly user: string;
    readonly pass: string;
    readonly token: string;
  };
}

export type Verdict =
  | { readonly kind: "accepted"; readonly upgrade: Upgrade; readonly answer: string }
  | { readonly kind: "refused"; readonly status: string; readonly reason: string };

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Go reads no cookie at all of a request with more. */
const cookiesMax = 3000;

/** `secure`: the request came over TLS. */
export function decideUpgrade(request: HttpRequest, secure: boolean, policy: UpgradePolicy): Verdict {
  const key = header(request, "sec-websocket-key");
  const refusal = refuseUpgrade(request, key, secure, policy);
  if (refusal !== undefined) return refusal;

  const compress = policy.compression && offersDeflate(request);
  const masked = header(request, "nats-no-masking") !== "true";
  const agent = header(request, "user-agent");
  const browser = agent.startsWith("Mozilla/");
  const forwarded = request.headers.get("x-forwarded-for")?.[0];
  const upgrade: Upgrade = {
    compress,
    masked,
    browser,
    wholeCompressedFrames: browser && agent.includes("Version/") && agent.includes("Safari/"),
    clientIp: forwarded !== undefined && isIp(forwarded) ? forwarded : undefined,
    cookies: readCookies(request.headers.get("cookie") ?? [], policy.cookies),
  };
  return { kind: "accepted", upgrade, answer: answerTo(key, compress, masked, policy) };
}

function refuseUpgrade(
  request: HttpRequest,
  key: string,
  secure: boolean,
  policy: UpgradePolicy,
): Verdict | undefined {
  if (request.path.endsWith("/mqtt")) return refuse("404 Not Found", "mqtt websocket endpoint not enabled");
  if (request.path.endsWith("/leafnode")) {
    return refuse("404 Not Found", "not configured to accept leaf node connections");
  }
  if (request.method !== "GET") return refuse("405 Method Not Allowed", "request method must be GET");
  if (request.host === "") return refuse("400 Bad Request", "'Host' missing in request");
  if (!names(request, "upgrade", "websocket")) {
    return refuse("400 Bad Request", "invalid value for header 'Upgrade'");
  }
  if (!names(request, "connection", "upgrade")) {
    return refuse("400 Bad Request", "invalid value for header 'Connection'");
  }
  if (key === "") return refuse("400 Bad Request", "key missing");
  if (!isKey(key)) return refuse("400 Bad Request", "invalid websocket key");
  if (!names(request, "sec-websocket-version", "13")) return refuse("400 Bad Request", "invalid version");

  const origin = header(request, "origin") || header(request, "sec-websocket-origin");
  const refused = refuseOrigin(origin, request.host, secure, policy.origin);
  return refused === undefined ? undefined : refuse("403 Forbidden", refused);
}

function refuse(status: string, reason: string): Verdict {
  return { kind: "refused", status, reason: `websocket handshake error: ${reason}` };
}

function answerTo(key: string, compress: boolean, masked: boolean, policy: UpgradePolicy): string {
  const accept = createHash("sha1")
    .update(key + guid)
    .digest("base64");
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  if (compress) {
    lines.push(
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    );
  }
  if (!masked) lines.push("Nats-No-Masking: true");
  for (const [name, value] of policy.headers) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function header(request: HttpRequest, name: string): string {
  return request.headers.get(name)?.[0] ?? "";
}

/** Is the value one of the comma-separated ones of that header? */
function names(request: HttpRequest, name: string, value: string): boolean {
  return (request.headers.get(name) ?? []).some((line) =>
    line.split(",").some((item) => item.trim().toLowerCase() === value),
  );
}

function offersDeflate(request: HttpRequest): boolean {
  return (request.headers.get("sec-websocket-extensions") ?? []).some((line) =>
    line.split(/[,;]/).some((item) => item.trim().toLowerCase() === "permessage-deflate"),
  );
}

/** Sixteen bytes in base64. */
function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

function readCookies(lines: readonly string[], wanted: CookieNames): Upgrade["cookies"] {
  const found = { jwt: "", user: "", pass: "", token: "" };
  const cookies = lines.flatMap((line) => line.split(";"));
  if (cookies.length > cookiesMax) return found;
  for (const cookie of cookies) {
    const equals = cookie.indexOf("=");
    const name = (equals < 0 ? cookie : cookie.slice(0, equals)).trim();
    const value = equals < 0 ? "" : unquote(cookie.slice(equals + 1).trim());
    // What is no character of a cookie makes it none [go net/http readCookies].
    if (!/^[ !#-:<-[\]-~]*$/.test(value)) continue;
    if (name === "") continue;
    if (name === wanted.jwt) found.jwt = value;
    else if (name === wanted.user) found.user = value;
    else if (name === wanted.pass) found.pass = value;
    else if (name === wanted.token) found.token = value;
  }
  return found;
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function isIp(text: string): boolean {
  if (text.includes(":")) return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
  const parts = text.split(".");
  return (
    parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  );
}
