// Monitoring over HTTP: a path and its parameters in, an answer out. [nats-server monitor.go, server.go startMonitoring]

import type { Endpoint, TlsOptions } from "../ports/network.ts";
import { goJson } from "./go-json.ts";
import { Query } from "./query.ts";
import { rootPage } from "./root-page.ts";
import type { SubjectServer } from "./subject-server.ts";
import { accountz } from "./views/accountz.ts";
import { accountStatz } from "./views/accstatz.ts";
import { gatewayz, leafz, routez } from "./views/alone.ts";
import { connz } from "./views/connz.ts";
import { connzQuery, subscriptionsIn } from "./views/connz-options.ts";
import { describeHealth, healthz, healthzQuery } from "./views/healthz.ts";
import { jsz, jszQuery, notLeader } from "./views/jsz.ts";
import { expvarz, ipqueuesz, stacks } from "./views/process.ts";
import { subsz, subszQuery } from "./views/subsz.ts";
import { varz } from "./views/varz.ts";

export interface MonitorAnswer {
  readonly status: number;
  /** Names as they go out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MonitorRequest {
  /** As the address has it, without its parameters. */
  readonly path: string;
  /** What stands behind the question mark. */
  readonly query: string;
}

/** Of a tls block, what monitoring goes by: it asks nobody for a certificate. */
export type MonitorTls = Pick<TlsOptions, "cert" | "key" | "ciphers" | "minVersion">;

export interface MonitorListener {
  /** Where it really listens. */
  readonly address: Endpoint;
  /** Connections to come are shown this certificate. */
  adopt(tls: MonitorTls): void;
  close(): Promise<void>;
}

/**
 * Listens for HTTP, or for HTTPS where there is `tls`.
 * @throws Fault when the address cannot be bound; its context has the operating system's `code`.
 */
export type ListenMonitor = (
  at: Endpoint,
  tls: MonitorTls | undefined,
  answer: (request: MonitorRequest) => MonitorAnswer,
) => Promise<MonitorListener>;

type View = (query: Query) => MonitorAnswer;

const plain = { "Content-Type": "text/plain; charset=utf-8" };
const jsonHeaders = { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" };

export class Monitor {
  readonly #server: SubjectServer;
  readonly #basePath: string;
  readonly #views: ReadonlyMap<string, View>;

  /** @param basePath begins with a slash and ends with none, but "/" */
  constructor(server: SubjectServer, basePath: string) {
    this.#server = server;
    this.#basePath = basePath === "/" ? "" : basePath;
    this.#views = viewsOf(server);
  }

  answer({ path: asked, query }: MonitorRequest): MonitorAnswer {
    const path = unescaped(asked);
    const clean = cleaned(path);
    if (clean !== path) return redirect(query === "" ? clean : `${clean}?${query}`);
    if (path === (this.#basePath || "/")) {
      this.#server.totals.countRequest("/");
      const { version } = this.#server.identity;
      const headers = { "Content-Type": "text/html; charset=utf-8" };
      return { status: 200, headers, body: rootPage(version, this.#basePath) };
    }
    const name = path.startsWith(`${this.#basePath}/`) ? path.slice(this.#basePath.length) : "";
    const view = this.#views.get(name);
    if (view === undefined) {
      const headers = { ...plain, "X-Content-Type-Options": "nosniff" };
      return { status: 404, headers, body: "404 page not found\n" };
    }
    return view(new Query(query));
  }
}

function unescaped(path: string): string {
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").utf8Slice();
}

/** Without doubled slashes and dots; a slash at the end stays. [go net/http cleanPath] */
function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const ends = path.endsWith("/") && parts.length > 0 ? "/" : "";
  return `/${parts.join("/")}${ends}`;
}

function redirect(to: string): MonitorAnswer {
  const location = encodeURI(to);
  const headers = { "Content-Type": "text/html; charset=utf-8", Location: location };
  return { status: 307, headers, body: `<a href="${escaped(location)}">Temporary Redirect</a>.\n\n` };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Each endpoint by its path; some are counted before their parameters are read, some after. */
function viewsOf(server: SubjectServer): ReadonlyMap<string, View> {
  const { totals } = server;
  const counted =
    (path: string, view: View): View =>
    (query) => {
      totals.countRequest(path);
      return view(query);
    };
  const viewSubsz: View = (query) => {
    const options = subszQuery(query);
    return found(query, () => subsz(server, options));
  };
  return new Map<string, View>([
    ["/varz", counted("/varz", () => json(varz(server)))],
    ["/connz", (query) => viewConnz(server, query)],
    ["/subsz", counted("/subsz", viewSubsz)],
    ["/subscriptionsz", counted("/subsz", viewSubsz)],
    ["/routez", (query) => viewRoutez(server, query)],
    ["/gatewayz", counted("/gatewayz", (query) => viewGatewayz(server, query))],
    ["/leafz", counted("/leafz", (query) => viewFlagged(query, "subs", () => leafz(server)))],
    ["/accountz", counted("/accountz", (query) => found(query, () => accountz(server, query.text("acc"))))],
    ["/accstatz", counted("/accstatz", (query) => viewAccountStatz(server, query))],
    ["/jsz", counted("/jsz", (query) => viewJsz(server, query))],
    ["/healthz", counted("/healthz", (query) => viewHealthz(server, query))],
    ["/ipqueuesz", (query) => viewFlagged(query, "all", ipqueuesz)],
    ["/raftz", () => ({ status: 404, headers: plain, body: "No Raft nodes registered" })],
    ["/stacksz", () => ({ status: 200, headers: jsonHeaders, body: stacks })],
    ["/debug/vars", () => viewExpvarz(server)],
  ]);
}

function json(value: object): MonitorAnswer {
  return { status: 200, headers: jsonHeaders, body: goJson(value, "  ") };
}

/** The view, unless the parameters could not be read or make no sense. */
function found(query: Query, view: () => object | string): MonitorAnswer {
  const answer = query.complaint ?? view();
  return typeof answer === "string" ? { status: 400, headers: plain, body: answer } : json(answer);
}

/** A view whose flag changes nothing here, but has to be one. */
function viewFlagged(query: Query, flag: string, view: () => object): MonitorAnswer {
  query.flag(flag);
  return found(query, view);
}

function viewConnz(server: SubjectServer, query: Query): MonitorAnswer {
  // The order in which nats-server reads decides which mistake it complains of.
  const options = connzQuery(query);
  if (query.complaint === undefined) server.totals.countRequest("/connz");
  return found(query, () => connz(server, options));
}

function viewRoutez(server: SubjectServer, query: Query): MonitorAnswer {
  subscriptionsIn(query);
  if (query.complaint === undefined) server.totals.countRequest("/routez");
  return found(query, () => routez(server));
}

function viewGatewayz(server: SubjectServer, query: Query): MonitorAnswer {
  subscriptionsIn(query);
  query.flag("accs");
  return found(query, () => gatewayz(server));
}

function viewAccountStatz(server: SubjectServer, query: Query): MonitorAnswer {
  const unused = query.flag("unused");
  return found(query, () => accountStatz(server, [], unused));
}

function viewJsz(server: SubjectServer, query: Query): MonitorAnswer {
  const leaderOnly = jszQuery(query);
  return found(query, () => (leaderOnly ? notLeader : jsz(server)));
}

function viewHealthz(server: SubjectServer, query: Query): MonitorAnswer {
  const options = healthzQuery(query);
  if (query.complaint !== undefined) return { status: 400, headers: plain, body: query.complaint };
  const health = healthz(server, options);
  return { status: health.code, headers: jsonHeaders, body: goJson(describeHealth(health, false)) };
}

/** As Go's expvar prints it: a variable to a line. */
function viewExpvarz(server: SubjectServer): MonitorAnswer {
  const lines = Object.entries(expvarz(server)).map(
    ([name, value]) => `${JSON.stringify(name)}: ${goJson(value)}`,
  );
  const headers = { "Content-Type": "application/json; charset=utf-8" };
  return { status: 200, headers, body: `{\n${lines.sort().join(",\n")}\n}\n` };
}
