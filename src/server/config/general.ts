// Reads the single settings at the top of a configuration: names, ports, logging, limits, times.
// [nats-server opts.go processConfigFileLine]

import { goDuration } from "../../base/go-duration.ts";
import { isPublicKey } from "../../identity/nkey.ts";
import type { Draft } from "./draft.ts";
import { readListen } from "./listen.ts";
import { quoted } from "./quoted.ts";
import { type KeyTable, keyTable, readKeys, type TopReader } from "./reader.ts";
import { type Entry, isList, isTree, typeName } from "./tree.ts";

const int32Max = 2 ** 31 - 1;
const subscriptionTokensMax = 255;
const lameDuckDurationMsMin = 30_000;

type Named<T> = {
  [K in keyof Draft]: Draft[K] extends T ? (T extends Draft[K] ? K : never) : never;
}[keyof Draft];

const text =
  (name: Named<string>): TopReader =>
  (draft, entry, { findings }) => {
    draft[name] = findings.text(entry);
  };
const integer =
  (name: Named<number>): TopReader =>
  (draft, entry, { findings }) => {
    draft[name] = findings.integer(entry);
  };
const boolean =
  (name: Named<boolean>): TopReader =>
  (draft, entry, { findings }) => {
    draft[name] = findings.boolean(entry);
  };

const int32 =
  (name: Named<number>): TopReader =>
  (draft, entry, { findings }, key) => {
    if (findings.integer(entry) > int32Max) findings.refuse(entry, `${key} value is too big`);
    else draft[name] = findings.integer32(entry);
  };

const listen: TopReader = (draft, entry, { findings }) => {
  const address = readListen(entry, findings);
  if (address !== undefined) Object.assign(draft, address);
};

const monitoring =
  (name: "httpPort" | "httpsPort"): TopReader =>
  (draft, entry, { findings }) => {
    const address = readListen(entry, findings);
    if (address === undefined) return;
    draft.httpHost = address.host;
    draft[name] = address.port;
  };

const serverName: TopReader = (draft, entry, { findings }) => {
  const name = findings.text(entry);
  if (name.includes(" ")) findings.refuse(entry, "server name cannot contain spaces");
  else draft.serverName = name;
};

/** Verbose tracing and header tracing both switch tracing itself. */
const tracing =
  (name: "traceVerbose" | "traceHeaders"): TopReader =>
  (draft, entry, { findings }) => {
    draft[name] = findings.boolean(entry);
    draft.trace = draft[name];
  };

const maxConnections: TopReader = (draft, entry, { findings }) => {
  draft.maxConnections = findings.integer(entry) || -1;
};

const maxSubscriptionTokens: TopReader = (draft, entry, { findings }, key) => {
  const tokens = findings.integer(entry);
  if (typeof entry.value !== "bigint") return;
  if (tokens > subscriptionTokensMax) findings.refuse(entry, `${key} value is too big`);
  else if (tokens <= 0) findings.refuse(entry, `${key} value can not be negative`);
  else draft.maxSubscriptionTokens = tokens;
};

const writeTimeout: TopReader = (draft, entry, { findings }) => {
  const policy = findings.text(entry);
  if (policy === "default" || policy === "close" || policy === "retry") draft.writeTimeout = policy;
  else findings.refuse(entry, "write_timeout must be 'default', 'close' or 'retry'");
};

const lameDuckDuration: TopReader = (draft, entry, { findings }) => {
  const ms = findings.durationText(entry, "error parsing lame_duck_duration: ");
  if (ms === undefined) return;
  if (ms >= lameDuckDurationMsMin) draft.lameDuckDurationMs = ms;
  else findings.refuse(entry, `invalid lame_duck_duration of ${goDuration(ms)}, minimum is 30 seconds`);
};

const lameDuckGracePeriod: TopReader = (draft, entry, { findings }) => {
  const ms = findings.durationText(entry, "error parsing lame_duck_grace_period: ");
  if (ms === undefined) return;
  if (ms >= 0) draft.lameDuckGracePeriodMs = ms;
  else findings.refuse(entry, "invalid lame_duck_grace_period, needs to be positive");
};

const storeDirectory: TopReader = (draft, entry, { findings }) => {
  // The jetstream block may have set it.
  if (draft.jetStream.storeDirectory !== "") findings.refuse(entry, "Duplicate 'store_dir' configuration");
  else draft.jetStream.storeDirectory = findings.text(entry);
};

const serverTags: TopReader = (draft, entry, { findings }) => {
  const { value } = entry;
  if (typeof value !== "string" && !isList(value)) {
    return findings.refuse(entry, `error parsing tags: unsupported type ${typeName(value)}`);
  }
  for (const item of typeof value === "string" ? [entry] : value) {
    // nats-server takes no tags from a list that stands in a variable of the environment.
    if (item !== entry && item.place.borrowed) {
      return findings.refuse(entry, `error parsing tags: unsupported type ${typeName(item.value)}`);
    }
    if (typeof item.value !== "string") {
      return findings.refuse(
        entry,
        "error parsing tags: unsupported type *conf.token where string is expected",
      );
    }
    const tag = item.value.trim().toLowerCase();
    if (tag !== "" && !draft.tags.includes(tag)) draft.tags.push(tag);
  }
};

const serverMetadata: TopReader = (draft, entry, { findings }) => {
  if (!isTree(entry.value)) {
    return findings.refuse(entry, `error parsing metadata: unsupported type ${typeName(entry.value)}`);
  }
  for (const [key, item] of entry.value) draft.metadata.set(key, findings.text(item));
};

const featureFlags: TopReader = (draft, entry, { findings }) => {
  if (!isTree(entry.value)) {
    return findings.refuse(entry, `error parsing feature flags: unsupported type ${typeName(entry.value)}`);
  }
  for (const [key, item] of entry.value) {
    if (typeof item.value === "boolean") draft.featureFlags.set(key, item.value);
    else {
      const type = typeName(item.value);
      findings.refuse(item, `error parsing feature flag ${quoted(key)}: expected bool, got ${type}`);
    }
  }
};

const defaultJetStreamDomain: TopReader = (draft, entry, { findings }) => {
  if (!isTree(entry.value)) {
    const type = typeName(entry.value);
    return findings.refuse(entry, `error default_js_domain config: unsupported type ${type}`);
  }
  draft.jetStream.defaultDomains = new Map();
  for (const [key, item] of entry.value) draft.jetStream.defaultDomains.set(key, findings.text(item));
};

interface ProxyDraft {
  key: string;
}

const trustedProxyKeys: KeyTable<ProxyDraft> = keyTable([
  [
    "key public_key",
    (proxy, entry, { findings }) => {
      proxy.key = findings.text(entry);
      if (!isPublicKey(proxy.key)) findings.refuse(entry, `invalid proxy key ${quoted(proxy.key)}`);
    },
  ],
]);

const proxiesKeys: KeyTable<Draft> = keyTable([
  [
    "trusted",
    (draft, entry, reading) => {
      if (!isList(entry.value)) {
        const type = typeName(entry.value);
        return reading.findings.refuse(entry, `expected proxies' trusted field to be an array, got ${type}`);
      }
      draft.trustedProxies = [];
      for (const item of entry.value) readProxy(item, draft, reading);
    },
  ],
]);

function readProxy(item: Entry, draft: Draft, reading: Parameters<TopReader>[2]) {
  if (!isTree(item.value)) {
    const type = typeName(item.value);
    return reading.findings.refuse(item, `expected proxies' trusted entry to be a map/struct, got ${type}`);
  }
  const proxy: ProxyDraft = { key: "" };
  readKeys(item.value, trustedProxyKeys, proxy, reading);
  draft.trustedProxies.push(proxy.key);
}

const proxies: TopReader = (draft, entry, reading) => {
  if (isTree(entry.value)) return readKeys(entry.value, proxiesKeys, draft, reading);
  reading.findings.refuse(entry, `expected proxies to be a map/struct, got ${typeName(entry.value)}`);
};

const nothing: TopReader = () => {};

/** The keys at the top that are no block of their own. */
export const generalKeys: readonly (readonly [string, TopReader])[] = [
  ["listen", listen],
  ["client_advertise", text("clientAdvertise")],
  ["port", integer("port")],
  ["server_name", serverName],
  ["host net", text("host")],
  ["debug", boolean("debug")],
  ["trace", boolean("trace")],
  ["trace_verbose", tracing("traceVerbose")],
  ["trace_headers", tracing("traceHeaders")],
  ["logtime", boolean("logtime")],
  ["logtime_utc", boolean("logtimeUtc")],
  ["disable_sublist_cache no_sublist_cache", boolean("interestCacheDisabled")],
  ["default_sentinel", text("defaultSentinel")],
  ["http", monitoring("httpPort")],
  ["https", monitoring("httpsPort")],
  ["http_port monitor_port", integer("httpPort")],
  ["https_port", integer("httpsPort")],
  ["http_base_path", text("httpBasePath")],
  ["store_dir storedir", storeDirectory],
  ["logfile log_file", text("logFile")],
  ["logfile_size_limit log_size_limit", integer("logSizeLimit")],
  ["logfile_max_num log_max_num", integer("logMaxFiles")],
  ["syslog", boolean("syslog")],
  ["remote_syslog", text("remoteSyslog")],
  ["pidfile pid_file", text("pidFile")],
  ["ports_file_dir", text("portsFileDirectory")],
  ["prof_port", integer("profilingPort")],
  ["prof_block_rate", (_draft, entry, { findings }) => void findings.integer(entry)],
  ["max_control_line", int32("maxControlLine")],
  ["max_payload", int32("maxPayload")],
  ["max_pending", integer("maxPending")],
  ["proxy_protocol", boolean("proxyProtocol")],
  ["max_connections max_conn", maxConnections],
  ["max_traced_msg_len", integer("tracedMessageLengthMax")],
  ["max_subscriptions max_subs", integer("maxSubscriptions")],
  ["max_sub_tokens max_subscription_tokens", maxSubscriptionTokens],
  [
    "ping_interval",
    (draft, entry, { findings }) => {
      draft.pingIntervalMs = findings.duration(entry, "ping_interval");
    },
  ],
  ["ping_max", integer("pingsMax")],
  ["allow_non_tls", boolean("allowNonTls")],
  [
    "write_deadline",
    (draft, entry, { findings }) => {
      draft.writeDeadlineMs = findings.duration(entry, "write_deadline");
    },
  ],
  ["write_timeout", writeTimeout],
  ["lame_duck_duration", lameDuckDuration],
  ["lame_duck_grace_period", lameDuckGracePeriod],
  ["no_auth_user", text("noAuthUser")],
  // Read before all other keys, for these depend on it.
  ["system_account system", nothing],
  ["no_system_account no_system no_sys_acc", boolean("systemAccountDisabled")],
  ["no_header_support", boolean("headersDisabled")],
  ["connect_error_reports", integer("connectErrorReports")],
  ["reconnect_error_reports", integer("reconnectErrorReports")],
  ["server_tags", serverTags],
  ["server_metadata", serverMetadata],
  ["feature_flags", featureFlags],
  ["default_js_domain", defaultJetStreamDomain],
  ["no_fast_producer_stall", boolean("fastProducerStallDisabled")],
  ["max_closed_clients", integer("maxClosedClients")],
  ["proxies", proxies],
];
