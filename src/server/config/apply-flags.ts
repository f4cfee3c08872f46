// Lays the flags over what the configuration file said. [nats-server opts.go ConfigureOptions, overrideTLS]
import type { Draft } from "./draft.ts";
import type { Flags } from "./flags.ts";
import { atoi, splitHostPort } from "./listen.ts";
import type { Outside } from "./outside.ts";
import { emptyTls, loadTls } from "./tls.ts";

/** Answers what is wrong with the flags. */
export function applyFlags(draft: Draft, flags: Flags, outside: Outside): string | undefined {
  draft.port = flags.port ?? draft.port;
  draft.serverName = flags.serverName ?? draft.serverName;
  draft.host = flags.host ?? draft.host;
  draft.clientAdvertise = flags.clientAdvertise ?? draft.clientAdvertise;
  draft.logtime = flags.logtime ?? draft.logtime;
  draft.logtimeUtc = flags.logtimeUtc ?? draft.logtimeUtc;
  draft.user = flags.user ?? draft.user;
  draft.password = flags.password ?? draft.password;
  draft.token = flags.token ?? draft.token;
  draft.httpPort = flags.httpPort ?? draft.httpPort;
  draft.httpsPort = flags.httpsPort ?? draft.httpsPort;
  draft.pidFile = flags.pidFile ?? draft.pidFile;
  draft.portsFileDirectory = flags.portsFileDirectory ?? draft.portsFileDirectory;
  draft.logFile = flags.logFile ?? draft.logFile;
  draft.logSizeLimit = flags.logSizeLimit ?? draft.logSizeLimit;
  draft.syslog = flags.syslog ?? draft.syslog;
  draft.remoteSyslog = flags.remoteSyslog ?? draft.remoteSyslog;
  draft.profilingPort = flags.profilingPort ?? draft.profilingPort;
  draft.tracedMessageLengthMax = flags.tracedMessageLengthMax ?? draft.tracedMessageLengthMax;
  draft.jetStream.enabled = flags.jetStream ?? draft.jetStream.enabled;
  draft.jetStream.storeDirectory = flags.storeDirectory ?? draft.jetStream.storeDirectory;
  draft.neighbours.clusterName = flags.clusterName ?? draft.neighbours.clusterName;
  applyTracing(draft, flags);
  return applyCluster(draft, flags) ?? applyTls(draft, flags, outside);
}

function applyTracing(draft: Draft, flags: Flags): void {
  draft.debug = flags.debug ?? draft.debug;
  draft.trace = flags.trace ?? draft.trace;
  draft.debug = flags.debugAndTrace ?? draft.debug;
  draft.trace = flags.debugAndTrace ?? draft.trace;
  draft.debug = flags.debugAndVerboseTrace ?? draft.debug;
  draft.trace = flags.verboseTrace ?? flags.debugAndVerboseTrace ?? draft.trace;
  draft.traceVerbose = flags.verboseTrace ?? flags.debugAndVerboseTrace ?? draft.traceVerbose;
}

function applyCluster(draft: Draft, flags: Flags): string | undefined {
  const { neighbours } = draft;
  const mistake = flags.cluster === undefined ? undefined : readCluster(draft, flags.cluster);
  if (mistake !== undefined) return mistake;
  const clustered = flags.cluster || neighbours.clusterHost !== "" || neighbours.clusterPort !== 0;
  if (flags.routes && !clustered) return "solicited routes require cluster capabilities, e.g. --cluster";
  if (neighbours.clusterPort !== 0 && !draft.unsupported.includes("cluster"))
    draft.unsupported.push("cluster");
  return undefined;
}

function readCluster(draft: Draft, text: string): string | undefined {
  const { neighbours } = draft;
  if (text === "") {
    neighbours.clusterPort = 0;
    return undefined;
  }
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  const at = authority.lastIndexOf("@");
  const address = authority.slice(at + 1);
  if (address === "") return "missing port in address";
  const parts = splitHostPort(address);
  if (parts === undefined) return `address ${address}: missing port in address`;
  if (at >= 0 && !authority.slice(0, at).includes(":")) return "expected cluster password to be set";
  const port = atoi(parts.port);
  if (port === undefined) return "expected integer";
  neighbours.clusterHost = parts.host;
  neighbours.clusterPort = port;
  return undefined;
}

/** Flags take the place of the file's certificates; what else its tls block says stays. */
function applyTls(draft: Draft, flags: Flags, outside: Outside): string | undefined {
  if (flags.tls === false) {
    draft.tls = undefined;
    return undefined;
  }
  const { tlsCert = "", tlsKey = "", tlsCaCert = "" } = flags;
  const said = [flags.tls, flags.tlsVerify, flags.tlsCert, flags.tlsKey, flags.tlsCaCert];
  if (said.every((value) => value === undefined)) return undefined;
  if (tlsCert === "") return "TLS Server certificate must be present and valid";
  if (tlsKey === "") return "TLS Server private key must be present and valid";
  const tls = { ...emptyTls(), certFile: tlsCert, keyFile: tlsKey, caFile: tlsCaCert };
  const loaded = loadTls({ ...tls, verify: flags.tlsVerify ?? false }, outside);
  if (typeof loaded === "string") return loaded;
  const { timeoutMs, map, pinnedCerts, connectionRateLimit, handshakeFirst, handshakeFallbackMs } =
    draft.tls ?? loaded;
  const kept = { timeoutMs, map, pinnedCerts, connectionRateLimit, handshakeFirst, handshakeFallbackMs };
  draft.tls = { ...loaded, ...kept };
  return undefined;
}
