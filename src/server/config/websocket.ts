// Reads the websocket block. [nats-server opts.go parseWebsocket]
import { readSimpleAuthorization } from "./authorization.ts";
import type { Draft, WebSocketDraft } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import { safe } from "./findings.ts";
import { readListen } from "./listen.ts";
import { type KeyReader, type KeyTable, keyTable, readKeys, type TopReader } from "./reader.ts";
import { readTls } from "./tls.ts";
import { isTree, typeName } from "./tree.ts";

type WebSocketReader = KeyReader<WebSocketDraft>;

const text =
  (
    name: "host" | "advertise" | "jwtCookie" | "userCookie" | "passwordCookie" | "tokenCookie" | "noAuthUser",
  ): WebSocketReader =>
  (ws, entry, { findings }) => {
    ws[name] = findings.text(entry);
  };

const boolean =
  (name: "noTls" | "sameOrigin" | "compression"): WebSocketReader =>
  (ws, entry, { findings }) => {
    ws[name] = findings.boolean(entry);
  };

const listen: WebSocketReader = (ws, entry, { findings }) => {
  const address = readListen(entry, findings);
  if (address !== undefined) Object.assign(ws, address);
};

const port: WebSocketReader = (ws, entry, { findings }) => {
  ws.port = findings.integer(entry);
};

const tls: WebSocketReader = (ws, entry, reading) => {
  ws.tls = readTls(entry, reading);
};

const allowedOrigins: WebSocketReader = (ws, entry, { findings }) => {
  ws.allowedOrigins = findings.texts(entry, "allowed origins") ?? [];
};

/** Seconds, or a duration. */
const handshakeTimeout: WebSocketReader = (ws, entry, { findings }) => {
  const { value } = entry;
  if (typeof value === "bigint") ws.handshakeTimeoutMs = safe(value) * 1_000;
  else if (typeof value === "string") {
    const read = parseDuration(value);
    if (read.kind === "duration") ws.handshakeTimeoutMs = read.ms;
    else findings.refuse(entry, read.message);
  } else {
    findings.refuse(entry, `error parsing handshake timeout: unsupported type ${typeName(value)}`);
  }
};

const authorization: WebSocketReader = (ws, entry, reading) => {
  const auth = readSimpleAuthorization(entry, reading);
  ws.user = auth.user;
  ws.password = auth.password;
  ws.token = auth.token;
  ws.authTimeoutSeconds = auth.timeoutSeconds;
};

const headers: WebSocketReader = (ws, entry, { findings }) => {
  if (!isTree(entry.value)) {
    return findings.refuse(entry, `error parsing headers: unsupported type ${typeName(entry.value)}`);
  }
  ws.headers = new Map();
  for (const [key, item] of entry.value) {
    if (typeof item.value === "string") ws.headers.set(key, item.value);
    else {
      const type = typeName(item.value);
      findings.refuse(item, `error parsing header key ${key}: unsupported type ${type}`);
    }
  }
};

const pingInterval: WebSocketReader = (ws, entry, { findings }) => {
  ws.pingIntervalMs = findings.duration(entry, "ping_interval");
};

const webSocketKeys: KeyTable<WebSocketDraft> = keyTable([
  ["listen", listen],
  ["port", port],
  ["host net", text("host")],
  ["advertise", text("advertise")],
  ["no_tls", boolean("noTls")],
  ["tls", tls],
  ["same_origin", boolean("sameOrigin")],
  ["allowed_origins allowed_origin allow_origins allow_origin origins origin", allowedOrigins],
  ["handshake_timeout", handshakeTimeout],
  ["compress compression", boolean("compression")],
  ["authorization authentication", authorization],
  ["jwt_cookie", text("jwtCookie")],
  ["user_cookie", text("userCookie")],
  ["pass_cookie", text("passwordCookie")],
  ["token_cookie", text("tokenCookie")],
  ["no_auth_user", text("noAuthUser")],
  ["headers", headers],
  ["ping_interval", pingInterval],
]);

export const webSocket: TopReader = (draft: Draft, entry, reading) => {
  if (isTree(entry.value)) return readKeys(entry.value, webSocketKeys, draft.webSocket, reading);
  reading.findings.refuse(entry, `Expected websocket to be a map, got ${typeName(entry.value)}`);
};
