// Addresses to listen on: a port, or host:port. [nats-server opts.go parseListen, Go net.SplitHostPort]

import type { Findings } from "./findings.ts";
import { safe } from "./findings.ts";
import { quoted } from "./quoted.ts";
import { type Entry, typeName } from "./tree.ts";

export interface Address {
  readonly host: string;
  /** As configured: -1 is any free port. */
  readonly port: number;
}

/** Undefined after a finding. */
export function readListen(entry: Entry, findings: Findings): Address | undefined {
  if (typeof entry.value === "bigint") return { host: "", port: safe(entry.value) };
  if (typeof entry.value !== "string") {
    findings.refuse(entry, `expected port or host:port, got ${typeName(entry.value)}`);
    return undefined;
  }
  const parts = splitHostPort(entry.value);
  if (parts === undefined) {
    findings.refuse(entry, `could not parse address string ${quoted(entry.value)}`);
    return undefined;
  }
  const port = atoi(parts.port);
  if (port === undefined) {
    findings.refuse(entry, `could not parse port ${quoted(parts.port)}`);
    return undefined;
  }
  return { host: parts.host, port };
}

/** `host:port` or `[host]:port`; undefined if it is neither. */
export function splitHostPort(text: string): { host: string; port: string } | undefined {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return undefined;
  const port = text.slice(colon + 1);
  const host = text.slice(0, colon);
  if (host.startsWith("[")) {
    const inner = host.slice(1, -1);
    return host.endsWith("]") && !/[[\]]/.test(inner) ? { host: inner, port } : undefined;
  }
  return /[:[\]]/.test(host) || /[[\]]/.test(port) ? undefined : { host, port };
}

/** A decimal integer as Go's strconv.Atoi takes it, or undefined. */
export function atoi(text: string): number | undefined {
  if (!/^[-+]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
