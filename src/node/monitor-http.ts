// node:http in front of monitoring's pure answers, with a limit for everything a peer could stretch.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import { Fault } from "../base/assert.ts";
import type { Endpoint } from "../ports/network.ts";
import type { ListenMonitor, MonitorAnswer, MonitorRequest, MonitorTls } from "../system/monitor.ts";
import { httpInsteadOfTls, plainHttpAnswer } from "../transport/plain-http.ts";

const headersTimeoutMs = 5_000; // as nats-server's ReadHeaderTimeout
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 65_000;
const headerBytesMax = 64 * 1024;
const connectionsMax = 1_000;

// A tenth of a start that most brokers do without.
const http = (): typeof import("node:http") => process.getBuiltinModule("node:http");
const https = (): typeof import("node:https") => process.getBuiltinModule("node:https");

/** Listens on `at`; answers every method alike, as nats-server does, HEAD without a body. */
export const listenMonitor: ListenMonitor = async (at, tls, answer) => {
  const limits = { maxHeaderSize: headerBytesMax, requireHostHeader: false };
  const server =
    tls === undefined
      ? http().createServer(limits)
      : https().createServer({ ...limits, ...tls, handshakeTimeout: headersTimeoutMs });
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.maxConnections = connectionsMax;
  server.on("request", (request: IncomingMessage, response: ServerResponse) =>
    respond(request, response, answer),
  );
  server.on("clientError", (error, socket) => {
    const raw: unknown = Reflect.get(socket, "_parent");
    if ((error as { readonly reason?: string }).reason === httpInsteadOfTls && raw instanceof Socket) {
      raw.write(plainHttpAnswer);
      raw.destroySoon();
    } else if (socket.writable)
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request");
    else socket.destroy();
  });
  await bound(server, at);
  // A connection that cannot be accepted is its peer's to try again.
  server.on("error", () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: at.host, port },
    adopt: (renewed: MonitorTls) => (server as HttpsServer).setSecureContext(renewed),
    close: () => closed(server),
  };
};

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: MonitorRequest) => MonitorAnswer,
): void {
  request.resume(); // a body says nothing here
  const { status, headers, body } = answer(requestOf(request.url ?? "/"));
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

function requestOf(url: string): MonitorRequest {
  const at = url.indexOf("?");
  return at === -1 ? { path: url, query: "" } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function bound(server: Server | HttpsServer, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      reject(new Fault("listen for monitoring", { host, port, code: cause.code, cause }));
    };
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function closed(server: Server | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
