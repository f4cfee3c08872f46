// Message tracing: whether a message's headers ask for it, and what is written down of the message's way.
// [nats-server msgtrace.go, ADR-41]

const destinationHeader = "Nats-Trace-Dest";
const onlyHeader = "Nats-Trace-Only";
/** Sent by servers of long ago; a message that carries it is not traced. */
const originAccountHeader = "Nats-Trace-Origin-Account";
const traceParentHeader = "traceparent";
const firstLine = "NATS/1.0\r\n";
/** As a destination, this says that another server has decided against tracing. No subject has a blank. */
export const traceDisabled = "trace disabled";
export const traceDestinationHeader: string = destinationHeader;
/** Events of one trace; a message to more subscribers than this is traced for these only. */
const eventsMax = 16_384;
/** Clients, in nats-server's numbering of kinds. */
const kindClient = 0;

/** What a message's headers ask for. */
export interface TraceRequest {
  /** Where the trace goes; undefined: to the account's own trace destination, if it has one. */
  readonly destination: string | undefined;
  /** The message is traced, and delivered to nobody. */
  readonly only: boolean;
  /** Asked for in a way that switches tracing off. */
  readonly void: boolean;
  /** All headers with their values, names as they were written; wire text. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Why a subscriber was passed over, in nats-server's words. */
export const notDelivered = {
  noEcho: "Not delivered because of no echo",
  denied: "Not delivered because subscription denies this subject",
  closedClient: "Not delivered because client is closed",
  notStalled: "Not delivered because fast producer not stalled and consumer is slow",
} as const;

/** Who takes part: the connection's number and the name it gave itself. */
export interface Participant {
  readonly id: number;
  readonly name: string;
  readonly account: string;
}

/** Reads a header block for a wish to be traced; undefined when there is none. [genHeaderMapIfTraceHeadersPresent] */
export function traceRequest(block: Buffer): TraceRequest | undefined {
  const text = block.latin1Slice();
  if (!mentionsTracing(text) || !text.startsWith(firstLine)) return undefined;
  const headers = readHeaders(text);
  if (headers === undefined) return undefined;
  const direct = headers.get(destinationHeader);
  if (direct === undefined && !isSampled(headers)) return undefined;
  const only = direct !== undefined && /^(1|true|on)$/i.test(headers.get(onlyHeader)?.[0] ?? "");
  return { destination: direct?.[0], only, void: headers.has(originAccountHeader), headers };
}

function mentionsTracing(text: string): boolean {
  return text.includes(destinationHeader) || /\ntraceparent/i.test(text);
}

/** Names and values that are not empty; undefined where tracing was switched off on the way. */
function readHeaders(text: string): Map<string, string[]> | undefined {
  const headers = new Map<string, string[]>();
  for (let at = firstLine.length; at < text.length; ) {
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r\n", colon);
    if (colon < 0 || end < 0) break;
    const name = text.slice(at, colon);
    const value = trimmed(text.slice(colon + 1, end));
    at = end + 2;
    if (name === "" || value === "") continue;
    if (name === destinationHeader && value === traceDisabled && !headers.has(name)) return undefined;
    const known = headers.get(name);
    if (known === undefined) headers.set(name, [value]);
    else known.push(value);
  }
  return headers;
}

function trimmed(value: string): string {
  return value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}

/** Whether some traceparent says that its trace is recorded. [W3C Trace Context §3.2] */
function isSampled(headers: ReadonlyMap<string, readonly string[]>): boolean {
  for (const [name, values] of headers) {
    if (name.toLowerCase() === traceParentHeader && values.some(saysSampled)) return true;
  }
  return false;
}

/** The last of four parts is a number of eight bits, signed in nats-server, whose lowest bit says so. */
export function saysSampled(traceParent: string): boolean {
  const parts = traceParent.split("-");
  const flags = parts[3] ?? "";
  if (parts.length !== 4 || !/^([0-9a-fA-F]{2}|[+-][0-9a-fA-F])$/.test(flags)) return false;
  const value = Number.parseInt(flags, 16);
  return value <= 127 && (value & 1) === 1;
}

/** The events of one message, in the order in which they happened. */
export class MessageTrace {
  readonly destination: string;
  /** Nobody is handed the message. */
  readonly only: boolean;
  /** The subscription in another account through which the message comes; "" for the subscriber's own. */
  via = "";
  readonly #headers: ReadonlyMap<string, readonly string[]>;
  readonly #size: number;
  readonly #account: string;
  readonly #now: () => string;
  readonly #events: Record<string, unknown>[] = [];

  /** @param now the time as events tell it; @param size bytes of headers and payload */
  constructor(
    request: TraceRequest,
    destination: string,
    size: number,
    source: Participant & { readonly subject: string },
    now: () => string,
  ) {
    this.destination = destination;
    this.only = request.only;
    this.#headers = request.headers;
    this.#size = size;
    this.#account = source.account;
    this.#now = now;
    const { id, name, account, subject } = source;
    this.#add("in", {
      kind: kindClient,
      cid: id,
      ...(name && { name }),
      acc: account,
      subj: asText(subject),
    });
  }

  /** The encodings that whoever asked for the trace reads; "" for none. */
  get acceptEncoding(): string {
    return this.#headers.get("Accept-Encoding")?.[0] ?? "";
  }

  refused(error: string): void {
    this.#events[0]!.error = asText(error);
  }

  mapped(to: string): void {
    this.#add("sm", { to: asText(to) });
  }

  /** Into another account through a stream import. */
  exported(account: string, to: string): void {
    this.#add("se", { acc: account, to: asText(to) });
  }

  /** Into another account through a service import. */
  imported(account: string, from: string, to: string): void {
    this.#add("si", { acc: account, from: asText(from), to: asText(to) });
  }

  /** To a client, or why not. */
  delivered(to: Participant, subject: string, queue: string | undefined, error?: string): void {
    this.#add("eg", {
      kind: kindClient,
      cid: to.id,
      ...(to.name && { name: to.name }),
      ...(to.account === this.#account ? {} : { acc: to.account }),
      sub: asText(this.via || subject),
      ...(queue === undefined ? {} : { queue: asText(queue) }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** The whole as nats-server publishes it, but for the server that tells it. */
  report(): { readonly request: object; readonly events: readonly object[] } {
    const names = [...this.#headers.keys()].sort();
    const headers = Object.fromEntries(
      names.map((name) => [asText(name), this.#headers.get(name)!.map(asText)]),
    );
    return { request: { header: headers, msgsize: this.#size }, events: this.#events };
  }

  #add(type: string, event: Record<string, unknown>): void {
    if (this.#events.length < eventsMax) this.#events.push({ type, ts: this.#now(), ...event });
  }
}

function asText(wire: string): string {
  return Buffer.from(wire, "latin1").utf8Slice();
}
