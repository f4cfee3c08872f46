// Lines of the log sent to a syslog server: udp://host:port, tcp://host:port or unix:///path, in the form that Go's
// log/syslog gives them. [nats-server logger/syslog.go NewRemoteSysLogger]

import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { hostname } from "node:os";
import { Fault } from "../base/assert.ts";
import type { TraceLevel } from "../ports/trace.ts";
import { localIso } from "./local-time.ts";

/** Severities of facility 0, which is what nats-server asks for. [RFC 3164] */
const severities: Record<TraceLevel, number> = { fatal: 2, error: 3, warn: 4, info: 5, trace: 5, debug: 7 };
/** Lines kept while nobody takes them; more are lost. */
const waitingMax = 10_000;
/** Bytes on their way to a server that takes them slowly; what comes then is lost. */
const bytesMax = 16 * 1024 * 1024;
const retryMs = 1_000;
const tag = "nats-server";

/** The way to a server: there, or on its way, or lost. */
interface Way {
  send(line: string): void;
  close(): void;
}

interface WayEvents {
  open(): void;
  lost(): void;
}

export class Syslog {
  readonly #dial: (events: WayEvents) => Way;
  /** One on this machine is told neither year nor host. */
  readonly #isLocal: boolean;
  readonly #hostname = hostname();
  #way: Way | undefined;
  #isOpen = false;
  #waiting: string[] = [];
  #triedAtMs = Number.NEGATIVE_INFINITY;

  /** @throws Fault for an address that is none. */
  constructor(address: string) {
    this.#dial = dialling(address);
    this.#isLocal = address.startsWith("unix:");
    this.#connect();
  }

  write(level: TraceLevel, text: string): void {
    const now = new Date();
    const origin = this.#isLocal ? localTime(now) : `${timestamp(now)} ${this.#hostname}`;
    const line = `<${severities[level]}>${origin} ${tag}[${process.pid}]: ${text}\n`;
    if (this.#isOpen) return this.#way?.send(line);
    if (this.#waiting.length < waitingMax) this.#waiting.push(line);
    if (performance.now() - this.#triedAtMs >= retryMs) this.#connect();
  }

  close(): void {
    this.#way?.close();
    this.#isOpen = false;
  }

  #connect(): void {
    this.#triedAtMs = performance.now();
    this.#way?.close();
    this.#way = this.#dial({
      open: () => {
        this.#isOpen = true;
        for (const line of this.#waiting.splice(0)) this.#way?.send(line);
      },
      lost: () => {
        this.#isOpen = false;
      },
    });
  }
}

function dialling(address: string): (events: WayEvents) => Way {
  const url = URL.parse(address);
  const scheme = /^([^:]*):/.exec(address)?.[1] ?? "";
  if (url === null || !["udp", "tcp", "unix"].includes(scheme)) {
    throw new Fault(`error invalid network type: ${JSON.stringify(scheme)}`);
  }
  if (scheme === "unix") return (events) => stream({ path: url.pathname }, events);
  if (url.port === "") throw new Fault(`error connecting to syslog: missing port in address ${url.host}`);
  const at = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port) };
  return scheme === "udp" ? (events) => datagrams(at, events) : (events) => stream(at, events);
}

function datagrams({ host, port }: { readonly host: string; readonly port: number }, events: WayEvents): Way {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  // Nobody listens there (ECONNREFUSED): a datagram is sent all the same, and lost.
  socket.on("error", () => {});
  socket.unref();
  socket.connect(port, host, () => events.open());
  return { send: (line) => socket.send(line), close: () => socket.close() };
}

function stream(
  at: { readonly path: string } | { readonly host: string; readonly port: number },
  events: WayEvents,
): Way {
  const socket = connect(at);
  socket.on("error", () => events.lost());
  socket.on("close", () => events.lost());
  socket.on("connect", () => events.open());
  socket.unref();
  const send = (line: string): void => {
    if (socket.writableLength < bytesMax) socket.write(line);
  };
  return { send, close: () => socket.destroy() };
}

/** `2026-01-02T15:04:05+01:00`, of here. [RFC 3339] */
function timestamp(now: Date): string {
  const minutes = -now.getTimezoneOffset();
  const local = localIso(now).slice(0, 19);
  if (minutes === 0) return `${local}Z`;
  const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan  2 15:04:05`, of here. [RFC 3164 §4.1.2] */
function localTime(now: Date): string {
  const day = String(now.getDate()).padStart(2, " ");
  return `${months[now.getMonth()]} ${day} ${now.toTimeString().slice(0, 8)}`;
}
