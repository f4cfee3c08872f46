// What the server says in the NATS client protocol, as bytes or as wire text to be written as latin1.

import { escapedAsGo } from "../base/go-json.ts";

/**
 * The JSON of INFO with the names of the wire, in the order in which nats-server prints them; absent, empty, zero and
 * false fields are left out where it does so [nats-server server.go Info]. Texts are Unicode.
 */
export interface ServerInfo {
  readonly server_id: string;
  readonly server_name: string;
  readonly version: string;
  readonly proto: number;
  readonly git_commit?: string;
  /** Go's version in nats-server; programs only print it. */
  readonly go: string;
  readonly host: string;
  readonly port: number;
  readonly headers: boolean;
  readonly auth_required?: boolean;
  readonly tls_required?: boolean;
  readonly tls_verify?: boolean;
  readonly tls_available?: boolean;
  /** Bytes; -1 is no limit. */
  readonly max_payload: number;
  readonly jetstream?: boolean;
  readonly ip?: string;
  readonly client_id?: number;
  readonly client_ip?: string;
  readonly nonce?: string;
  readonly cluster?: string;
  readonly cluster_dynamic?: boolean;
  readonly domain?: string;
  readonly connect_urls?: readonly string[];
  readonly ldm?: boolean;
  readonly compression?: string;
  readonly connect_info?: boolean;
  readonly remote_account?: string;
  readonly acc_is_sys?: boolean;
  readonly api_lvl?: number;
  readonly xkey?: string;
}

type InfoField = keyof ServerInfo;

const order: readonly InfoField[] = [
  "server_id",
  "server_name",
  "version",
  "proto",
  "git_commit",
  "go",
  "host",
  "port",
  "headers",
  "auth_required",
  "tls_required",
  "tls_verify",
  "tls_available",
  "max_payload",
  "jetstream",
  "ip",
  "client_id",
  "client_ip",
  "nonce",
  "cluster",
  "cluster_dynamic",
  "domain",
  "connect_urls",
  "ldm",
  "compression",
  "connect_info",
  "remote_account",
  "acc_is_sys",
  "api_lvl",
  "xkey",
];

const always: ReadonlySet<InfoField> = new Set<InfoField>([
  "server_id",
  "server_name",
  "version",
  "proto",
  "go",
  "host",
  "port",
  "headers",
  "max_payload",
]);

/** `INFO {…} \r\n`, with the blank that nats-server leaves before the line's end. */
export function infoFrame(info: ServerInfo): Buffer {
  const fields = order
    .filter((name) => always.has(name) || !isEmpty(info[name]))
    .map((name) => `"${name}":${asGo(info[name])}`);
  return Buffer.from(`INFO {${fields.join(",")}} \r\n`, "utf8");
}

function isEmpty(value: ServerInfo[InfoField]): boolean {
  return value === undefined || value === "" || value === 0 || value === false || isEmptyList(value);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** JSON as Go's encoder prints it. */
function asGo(value: ServerInfo[InfoField]): string {
  return escapedAsGo(JSON.stringify(typeof value === "string" ? value.toWellFormed() : value));
}

export const okFrame: Buffer = Buffer.from("+OK\r\n");
export const pingFrame: Buffer = Buffer.from("PING\r\n");
export const pongFrame: Buffer = Buffer.from("PONG\r\n");
export const lineEnd: Buffer = Buffer.from("\r\n");

/** `-ERR '…'` around the text of a violation, which is wire text. */
export function errFrame(text: string): Buffer {
  return Buffer.from(`-ERR '${text}'\r\n`, "latin1");
}

/** The line before a message without headers: `MSG subject sid [reply] size`. `size` in bytes. */
export function msgLine(subject: string, sid: string, reply: string | undefined, size: number): string {
  return reply === undefined
    ? `MSG ${subject} ${sid} ${size}\r\n`
    : `MSG ${subject} ${sid} ${reply} ${size}\r\n`;
}

/** The line before a message with headers; both sizes in bytes, the second counts the headers too. */
export function hmsgLine(
  subject: string,
  sid: string,
  reply: string | undefined,
  headerBytes: number,
  size: number,
): string {
  return reply === undefined
    ? `HMSG ${subject} ${sid} ${headerBytes} ${size}\r\n`
    : `HMSG ${subject} ${sid} ${reply} ${headerBytes} ${size}\r\n`;
}

/** Tells a requester that nobody listens [nats-server client.go processInboundClientMsg]. Whole, with its last CRLF. */
export function noRespondersFrame(reply: string, sid: string, subject: string): string {
  const headers = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
  return `HMSG ${reply} ${sid} ${headers.length} ${headers.length}\r\n${headers}\r\n`;
}
