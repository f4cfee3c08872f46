// How long a service takes: which requests are measured, and what is told of them.
// [nats-server accounts.go shouldSample, sendTrackingLatency, ServiceLatency]

import { readHeaderBlock } from "../wire/header-block.ts";
import type { Account } from "./account.ts";
import type { Latency } from "./exports.ts";
import type { Message } from "./message.ts";
import { inOrder } from "./request-info.ts";
import { saysSampled } from "./trace.ts";

const metricType = "io.nats.server.metric.v1.service_latency";
const nsPerMs = 1_000_000;
const idLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;

/** Headers by name as HTTP writes names; those that made the server measure. */
type Headers = Readonly<Record<string, readonly string[]>>;

/** A request that is being measured. */
export interface Measurement {
  readonly latency: Latency;
  /** The exporting account: results are told there. */
  readonly exporter: Account;
  readonly requester: object | undefined;
  readonly share: boolean;
  readonly headers: Headers | undefined;
  /** When the request came; nanoseconds since the epoch, and milliseconds on the monotonic clock. */
  readonly startedNs: bigint;
  readonly startedMs: number;
}

/** What became of it. */
export type Result =
  | { readonly status: 200; readonly responder: object | undefined }
  | { readonly status: 400 | 408 | 503 | 504 };

const descriptions = {
  400: "Bad Request",
  408: "Request Timeout",
  503: "Service Unavailable",
  504: "Service Timeout",
} as const;

/** Starts measuring, if this request is one to measure. */
export function measure(
  latency: Latency | undefined,
  message: Message,
  exporter: Account,
  share: boolean,
): Measurement | undefined {
  if (latency === undefined) return undefined;
  const { clock, random } = exporter.surroundings;
  let headers: Headers | undefined;
  const byChance = latency.sampling >= 100 || (latency.sampling > 0 && random.below(100) <= latency.sampling);
  if (!byChance) {
    headers = samplingHeaders(message);
    if (headers === undefined) return undefined;
  }
  const { origin: requester } = message;
  const started = { startedNs: clock.nowNs(), startedMs: clock.monotonicMs() };
  return { latency, exporter, requester, share, headers, ...started };
}

/** Tells the exporter's account what became of the request. */
export function tellResult(measurement: Measurement, result: Result): void {
  const { exporter, latency } = measurement;
  const { surroundings } = exporter;
  const id = Array.from(
    surroundings.random.bytes(idLength),
    (byte) => idLetters[byte % idLetters.length],
  ).join("");
  surroundings.tell(exporter, latency.subject, {
    type: metricType,
    id,
    timestamp: surroundings.stamp(surroundings.clock.nowNs()),
    ...described(measurement, result),
  });
}

function described(measurement: Measurement, result: Result): object {
  const { exporter, requester, share, headers, startedNs, startedMs } = measurement;
  const { surroundings } = exporter;
  const asking = requester === undefined ? undefined : surroundings.describe(requester, share);
  const askingRtt = rttOf(asking);
  const tookNs = Math.round((surroundings.clock.monotonicMs() - startedMs) * nsPerMs);
  const answered = result.status === 200;
  const responder =
    answered && result.responder !== undefined ? surroundings.describe(result.responder, true) : undefined;
  return {
    status: result.status,
    ...(answered ? {} : { description: descriptions[result.status] }),
    ...(asking === undefined ? {} : { requestor: inOrder(asking) }),
    ...(responder === undefined ? {} : { responder: inOrder(responder) }),
    ...(headers === undefined ? {} : { header: headers }),
    start: surroundings.stamp(startedNs - BigInt(askingRtt)),
    service: answered ? Math.max(0, tookNs - rttOf(responder)) : 0,
    system: 0,
    total: answered ? askingRtt + tookNs : 0,
  };
}

function rttOf(description: Record<string, unknown> | undefined): number {
  return typeof description?.rtt === "number" ? description.rtt : 0;
}

/** The headers by which a tracing library asks to be measured; undefined when none does. */
function samplingHeaders({ body, headerBytes }: Message): Headers | undefined {
  if (headerBytes === 0) return undefined;
  const block = readHeaderBlock(body.subarray(0, headerBytes));
  if (block === undefined) return undefined;
  const found = new Map<string, string[]>();
  for (const { name, value } of block.headers) {
    const key = canonical(name);
    const known = found.get(key);
    if (known === undefined) found.set(key, [value]);
    else known.push(value);
  }
  return byUber(found) ?? byB3(found);
}

/** As HTTP writes names: `X-B3-TraceId` becomes `X-B3-Traceid`. [go net/textproto CanonicalMIMEHeaderKey] */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function only(found: ReadonlyMap<string, string[]>, wanted: (name: string) => boolean): Headers {
  return Object.fromEntries([...found].filter(([name]) => wanted(name)));
}

/** `Uber-Trace-Id: trace:span:parent:flags`; where there is one, nothing else counts. */
function byUber(found: ReadonlyMap<string, string[]>): Headers | undefined {
  const id = found.get("Uber-Trace-Id")?.[0];
  if (id === undefined) return undefined;
  const flags = id.split(":").length === 4 ? id.split(":")[3]! : "";
  if (!/^[0-9a-fA-F]{1,2}$/.test(flags)) return undefined;
  const value = Number.parseInt(flags, 16);
  if ((value & 1) !== 1) return undefined;
  return only(found, (name) => name === "Uber-Trace-Id" || name.startsWith("Uberctx-"));
}

function byB3(found: ReadonlyMap<string, string[]>): Headers | undefined {
  if (found.has("Uber-Trace-Id")) return undefined;
  const sampled = found.get("X-B3-Sampled")?.[0];
  const parts = (name: string): boolean =>
    ["X-B3-Sampled", "X-B3-Traceid", "X-B3-Parentspanid", "X-B3-Spanid"].includes(name);
  if (sampled === "1") return only(found, parts);
  if (sampled === "0") return undefined;
  if (found.has("X-B3-Traceid")) return only(found, parts);
  const b3 = found.get("B3")?.[0];
  if (b3 === undefined) return byTraceContext(found);
  const fields = b3.split("-");
  const denied = fields.length > 2 ? fields[2] === "0" : fields.length === 1 && b3 === "0";
  return denied ? undefined : only(found, (name) => name === "B3");
}

function byTraceContext(found: ReadonlyMap<string, string[]>): Headers | undefined {
  const parent = found.get("Traceparent")?.[0];
  if (parent === undefined || !saysSampled(parent)) return undefined;
  return only(found, (name) => name === "Traceparent" || name === "Tracestate");
}
