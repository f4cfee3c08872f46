// node:http in front of the pure request handler: reads bounded bodies, writes answers, has a limit for everything a
// peer could stretch.

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Fault } from "../base/assert.ts";
import { hostPort } from "../base/host-port.ts";
import { bodyBytesMax, type HttpRequest, type HttpResponse } from "../control/http/message.ts";

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000; // as the SDKs wait for an answer
const keepAliveTimeoutMs = 65_000; // longer than the usual load balancer keeps its side: it closes first
const idleTimeoutMs = 120_000;
const headerBytesMax = 16 * 1024;
const headersMax = 100;
const connectionsMax = 1_000;
const requestsPerSocketMax = 10_000;
/** A body that is too large is read on and dropped up to here, so that its sender hears the answer. */
const drainedBytesMax = 16 * 1024 * 1024;
const stopTimeoutMs = 10_000;

export interface HttpListener {
  /** "http://127.0.0.1:8080": where it really listens. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests end, resolves when all is closed, after 10 s at the latest. */
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts; plain HTTP when absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Is told of connections that could not be accepted, or that had to be cut for a reason nobody foresaw. */
  readonly failed?: (error: Error) => void;
}

export type RequestHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** @throws Fault when the address cannot be bound; `cause` has the operating system's code. */
export async function listenHttp(options: HttpOptions, handle: RequestHandler): Promise<HttpListener> {
  const server = newServer(options);
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.timeout = idleTimeoutMs;
  server.maxHeadersCount = headersMax;
  server.maxConnections = connectionsMax;
  server.maxRequestsPerSocket = requestsPerSocketMax;
  const peers = new Peers(server);
  const serve = (message: IncomingMessage, response: ServerResponse): void => {
    peers.busy(message.socket, response);
    const { socket } = message;
    const answered = answer(message, response, options.tls !== undefined, handle);
    answered.catch((error: unknown) => {
      socket.destroy(); // one connection's end, not the service's
      options.failed?.(error instanceof Error ? error : new Fault("answer a request", { cause: error }));
    });
  };
  server.on("request", serve);
  // A body announced with "Expect: 100-continue" that is too large is refused before it is sent.
  server.on("checkContinue", (message, response) => {
    if (Number(message.headers["content-length"]) <= bodyBytesMax) response.writeContinue();
    serve(message, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
    else socket.end(malformed(error.code));
  });
  await bound(server, options);
  // A connection that could not be accepted (no descriptor left) is its peer's to try again; listening goes on.
  server.on("error", (error) => options.failed?.(error));
  const { port } = server.address() as AddressInfo;
  const url = `${options.tls === undefined ? "http" : "https"}://${hostPort(options.host, port)}`;
  return { url, port, close: () => closed(server, peers) };
}

function newServer(options: HttpOptions): Server {
  const limits = { maxHeaderSize: headerBytesMax, requireHostHeader: false };
  return options.tls === undefined
    ? createHttpServer(limits)
    : createHttpsServer({ ...limits, ...options.tls, handshakeTimeout: headersTimeoutMs });
}

function bound(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => reject(new Fault("listen for HTTP", { host, port, cause }));
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function closed(server: Server, peers: Peers): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), stopTimeoutMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    peers.dismiss();
  });
}

/**
 * Who is connected, and who of them waits for an answer. Node's own idea of an idle connection leaves out one that
 * has not asked anything yet, as browsers open them ahead: it would hold up the end for as long as headers may take.
 */
class Peers {
  /** By the peer's address: a TLS connection and the TCP connection under it share it. At most connectionsMax. */
  readonly #waiting = new Map<string, { readonly socket: Socket; requests: number }>();
  #dismissed = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => {
      const peer = addressOf(socket);
      this.#waiting.set(peer, { socket, requests: 0 });
      socket.once("close", () => this.#waiting.delete(peer));
    });
  }

  /** A request of this peer is being answered, until `response` is done with. */
  busy(socket: Socket, response: ServerResponse): void {
    const peer = this.#waiting.get(addressOf(socket));
    if (peer === undefined) return;
    peer.requests++;
    response.once("close", () => {
      peer.requests--;
      if (this.#dismissed && peer.requests === 0) peer.socket.end();
    });
  }

  /** Closes whoever waits for nothing, and the others when they have their answer. */
  dismiss(): void {
    this.#dismissed = true;
    for (const { socket, requests } of this.#waiting.values()) if (requests === 0) socket.destroy();
  }
}

function addressOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  secure: boolean,
  handle: RequestHandler,
): Promise<void> {
  response.on("error", () => response.destroy()); // the peer left; there is nobody to tell
  const { socket } = message; // Node takes it off a message that ends early
  const { remoteAddress = "" } = socket;
  const body = await readBody(message);
  if (body === undefined) {
    socket.destroy();
    return;
  }
  const [path = "", query = ""] = splitOnce(message.url ?? "/", "?");
  const answered = await handle({
    method: message.method ?? "GET",
    path,
    query,
    headers: headersOf(message),
    body,
    remote: remoteAddress,
    secure,
  });
  if (response.destroyed) return;
  // an over-long body may not have been read to its end: what follows on the connection is not a request
  if (!message.complete) response.setHeader("Connection", "close");
  response.writeHead(answered.status, headersFor(message, answered));
  response.end(message.method === "HEAD" ? undefined : answered.body);
}

function headersFor(
  message: IncomingMessage,
  { status, headers, body }: HttpResponse,
): Record<string, string> {
  if (status === 204) return { ...headers };
  return { ...headers, "Content-Length": String(message.method === "HEAD" ? 0 : Buffer.byteLength(body)) };
}

/** At most one byte more than a body may have; undefined when the peer left, or sends on and on. */
async function readBody(message: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let seen = 0;
  if (tooLargeToStart(message)) return Buffer.alloc(bodyBytesMax + 1);
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      seen += chunk.length;
      if (seen > drainedBytesMax) return undefined;
      if (kept > bodyBytesMax) continue;
      const part = chunk.subarray(0, bodyBytesMax + 1 - kept);
      chunks.push(part);
      kept += part.length;
    }
  } catch (error) {
    if (message.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

function tooLargeToStart({ headers }: IncomingMessage): boolean {
  return headers.expect !== undefined && !(Number(headers["content-length"] ?? 0) <= bodyBytesMax);
}

/** The first value of each header: a second X-Auth-Token does not count. */
function headersOf(message: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    const name = message.rawHeaders[at]!.toLowerCase();
    if (!headers.has(name)) headers.set(name, message.rawHeaders[at + 1]!);
  }
  return headers;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Bytes that are no HTTP request get JSON too: python's SDK parses every error it meets. */
function malformed(code: string | undefined): string {
  const [status, reason] =
    code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large"]
      : code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout"]
        : [400, "Bad Request"];
  const details = [{ argument_name: "request", help_message: reason, reason: "format" }];
  const body = JSON.stringify({ details, message: "invalid argument(s)", type: "invalid_arguments" });
  const head = `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
