// Checks the leafnodes block: read as nats-server reads it, kept as "present".
// [nats-server opts.go parseLeafNodes, parseRemoteLeafNodes]
import { decodeSeed, isPublicKey } from "../../identity/nkey.ts";
import { readSeconds, warnOfLongTimeout } from "./authorization.ts";
import type { Draft } from "./draft.ts";
import {
  checkUrl,
  checkUrls,
  forMaps,
  isBoolean,
  isCompression,
  isDuration,
  isText,
  isTls,
  isWriteTimeout,
  notePresent,
  readAddress,
} from "./elsewhere.ts";
import type { TlsOptions } from "./options-tls.ts";
import { readSubjects } from "./permissions.ts";
import { quoted } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys, type TopReader } from "./reader.ts";
import { readTls } from "./tls.ts";
import { type Entry, isList, isTree, shownValue, typeName } from "./tree.ts";

interface LeafAuthorization {
  user: string;
  nkey: string;
  users: string[];
}

interface LeafUser {
  user: string;
}

const userKeys: KeyTable<LeafUser> = keyTable<LeafUser>([
  [
    "user username",
    (leaf, entry, { findings }) => {
      leaf.user = findings.text(entry);
    },
  ],
  ["pass password account", isText],
  ["proxy_required", isBoolean],
]);

const nkey: KeyReader<LeafAuthorization> = (auth, entry, { findings }) => {
  auth.nkey = findings.text(entry);
  if (!isPublicKey(auth.nkey, "user")) {
    findings.refuse(entry, "Not a valid public nkey for leafnode authorization");
  }
};

const users: KeyReader<LeafAuthorization> = (auth, entry, reading) => {
  const { findings } = reading;
  if (!isList(entry.value)) {
    const shown = shownValue(entry.value);
    return findings.refuse(entry, `Expected users field to be an array, got ${shown}`);
  }
  for (const item of entry.value) {
    if (!isTree(item.value)) {
      findings.refuse(item, `Expected user entry to be a map/struct, got ${shownValue(item.value)}`);
      continue;
    }
    const leaf: LeafUser = { user: "" };
    readKeys(item.value, userKeys, leaf, reading);
    auth.users.push(leaf.user);
  }
};

const authorizationKeys: KeyTable<LeafAuthorization> = keyTable<LeafAuthorization>([
  [
    "user username",
    (auth, entry, { findings }) => {
      auth.user = findings.text(entry);
    },
  ],
  ["pass password account", isText],
  ["nkey", nkey],
  [
    "timeout",
    (_auth, entry, { findings }, key) => {
      const seconds = readSeconds(entry, findings, "leafnode authorization");
      warnOfLongTimeout(seconds, entry, findings, key);
    },
  ],
  ["users", users],
  ["proxy_required", isBoolean],
]);

const authorization: KeyReader<Draft> = (_draft, entry, reading) => {
  const { findings } = reading;
  const auth: LeafAuthorization = { user: "", nkey: "", users: [] };
  readKeys(findings.tree(entry), authorizationKeys, auth, reading);
  if (auth.users.length === 0) return;
  if (auth.user !== "") return findings.refuse(entry, "can not have a single user/pass and a users array");
  if (auth.nkey !== "") return findings.refuse(entry, "can not have a single nkey and a users array");
  const seen = new Set<string>();
  const twice = auth.users.find((user) => seen.size === seen.add(user).size);
  if (twice !== undefined) {
    findings.refuse(entry, `duplicate user ${quoted(twice)} detected in leafnode authorization`);
  }
};

interface Remote {
  urls: string[];
  account: string;
  credentials: string;
  seed: string;
  proxyAt: Entry | undefined;
  tls: boolean;
  proxy: { url: string; username: string; password: string; timeoutMs: number; tls: TlsOptions | undefined };
}

const urls: KeyReader<Remote> = (remote, entry, reading) => {
  const { findings } = reading;
  if (typeof entry.value === "string") checkUrl(entry, findings, "leafnode");
  else if (isList(entry.value)) checkUrls(entry, reading, "leafnode");
  else {
    const shown = shownValue(entry.value);
    return findings.refuse(entry, `Expected remote leafnode url to be an array or string, got ${shown}`);
  }
  const items = isList(entry.value) ? entry.value : [entry];
  remote.urls = items.map(({ value }) => shownValue(value));
};

const bothKeys = "Remote leafnode can not have both creds and nkey defined";

const credentials: KeyReader<Remote> = (remote, entry, { findings }) => {
  const path = findings.text(entry);
  if (remote.seed !== "") findings.refuse(entry, bothKeys);
  else remote.credentials = path;
};

const seed: KeyReader<Remote> = (remote, entry, { findings }) => {
  const text = findings.text(entry);
  if (decodeSeed(text)?.kind !== "user") {
    findings.refuse(entry, `Remote leafnode nkey is not a valid seed: ${quoted(text)}`);
  } else if (remote.credentials !== "") findings.refuse(entry, bothKeys);
  else remote.seed = text;
};

const subjects: KeyReader<Remote> = (_remote, entry, { findings }) =>
  void readSubjects(entry, findings, false, entry);

const migrate: KeyReader<Remote> = (_remote, entry, { findings }) => {
  if (typeof entry.value === "boolean") return;
  if (!isTree(entry.value)) {
    const type = typeName(entry.value);
    return findings.refuse(entry, `Expected boolean or map for jetstream_cluster_migrate, got ${type}`);
  }
  const delay = entry.value.get("leader_migrate_delay");
  if (delay !== undefined) findings.duration(delay, "leader_migrate_delay");
};

const proxyKeys: KeyTable<Remote["proxy"]> = keyTable<Remote["proxy"]>([
  [
    "url",
    (proxy, entry, { findings }) => {
      proxy.url = findings.text(entry);
    },
  ],
  [
    "username",
    (proxy, entry, { findings }) => {
      proxy.username = findings.text(entry);
    },
  ],
  [
    "password",
    (proxy, entry, { findings }) => {
      proxy.password = findings.text(entry);
    },
  ],
  [
    "timeout",
    (proxy, entry, { findings }) => {
      proxy.timeoutMs = findings.duration(entry, "proxy timeout");
    },
  ],
  ["tls", readProxyTls],
]);

/** What of a tls block is meant for a server cannot be said of a proxy. */
const serverTlsKeys = new Set(
  [
    "verify verify_and_map verify_cert_and_check_known_urls connection_rate_limit pinned_certs handshake_first first",
    "immediate ocsp_peer",
  ].flatMap((names) => names.split(" ")),
);

function readProxyTls(into: Remote["proxy"], entry: Entry, reading: Reading): void {
  const keys = isTree(entry.value) ? [...entry.value] : [];
  const unsupported = keys.filter(([key]) => serverTlsKeys.has(key.toLowerCase()));
  for (const [key, item] of unsupported) {
    reading.findings.refuse(item, `${quoted(key)} is not supported for proxy TLS`);
  }
  if (unsupported.length === 0) into.tls = readTls(entry, reading);
}

const proxy: KeyReader<Remote> = (remote, entry, reading) => {
  remote.proxyAt = entry;
  if (isTree(entry.value)) return readKeys(entry.value, proxyKeys, remote.proxy, reading);
  reading.findings.refuse(entry, `Expected proxy to be a map, got ${typeName(entry.value)}`);
};

const remoteKeys: KeyTable<Remote> = keyTable<Remote>([
  ["no_randomize dont_randomize hub disabled ignore_discovered_servers", isBoolean],
  ["url urls", urls],
  [
    "account local",
    (remote, entry, { findings }) => {
      remote.account = findings.text(entry);
    },
  ],
  ["creds credentials", credentials],
  ["nkey seed", seed],
  [
    "tls",
    (remote, entry, reading) => {
      remote.tls = readTls(entry, reading) !== undefined;
    },
  ],
  ["deny_imports deny_import deny_exports deny_export", subjects],
  ["ws_compress ws_compression websocket_compress websocket_compression", isBoolean],
  ["ws_no_masking websocket_no_masking request_isolation", isBoolean],
  ["isolate_leafnode_interest isolate", isBoolean],
  ["jetstream_cluster_migrate js_cluster_migrate", migrate],
  ["compression", isCompression],
  ["first_info_timeout", isDuration("first_info_timeout")],
  ["dial_timeout", isDuration("dial_timeout")],
  ["proxy", proxy],
]);

function proxyMistake(remote: Remote): string | undefined {
  const { url, username, password, timeoutMs, tls } = remote.proxy;
  if (url === "") {
    const said = username !== "" || password !== "" || timeoutMs !== 0 || tls !== undefined;
    return said ? "proxy URL must be specified when other proxy options are set" : undefined;
  }
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? "";
  if (scheme !== "http" && scheme !== "https") {
    return `proxy URL scheme must be http or https, got: ${scheme}`;
  }
  if (tls !== undefined && scheme !== "https") {
    return `proxy TLS configuration requires an https proxy URL, got: ${scheme}`;
  }
  if (!/^[^:]+:\/\/[^/]/.test(url)) return "proxy URL must specify a host";
  if (timeoutMs < 0) return "proxy timeout must be >= 0";
  if ((username === "") !== (password === "")) {
    return "proxy username and password must both be specified or both be empty";
  }
  const secure = remote.tls ? undefined : remote.urls.find((address) => address.startsWith("wss:"));
  if (secure === undefined) return undefined;
  const needed = `remote URL ${secure} requires TLS and no TLS configuration is provided`;
  const advice =
    "When using proxy with TLS endpoints, ensure TLS is properly configured for the leafnode remote";
  return `proxy is configured but ${needed}. ${advice}`;
}

function readRemote(item: Entry, reading: Reading): Remote {
  const { findings } = reading;
  const remote: Remote = {
    urls: [],
    account: "",
    credentials: "",
    seed: "",
    proxyAt: undefined,
    tls: false,
    proxy: { url: "", username: "", password: "", timeoutMs: 0, tls: undefined },
  };
  readKeys(findings.tree(item), remoteKeys, remote, reading);
  const mistake = proxyMistake(remote);
  if (mistake !== undefined) findings.refuse(remote.proxyAt, mistake);
  return remote;
}

const remotes: KeyReader<Draft> = (draft, entry, reading) => {
  const complaint = {
    at: entry,
    list: "Expected remotes field to be an array",
    item: "Expected remote leafnode entry to be a map/struct",
  };
  const names = new Set<string>();
  const read = forMaps(entry, reading, complaint, (item) => {
    const remote = readRemote(item, reading);
    const name = JSON.stringify([remote.urls, remote.account, remote.credentials, remote.seed]);
    if (names.has(name)) reading.findings.refuse(item, `duplicate remote ${remoteName(remote)}`);
    names.add(name);
    return remote;
  });
  draft.neighbours.leafNodeRemotes = read.length;
};

function remoteName({ urls: addresses, account, credentials: creds, seed: key }: Remote): string {
  const shownUrls = `[${addresses.map(quoted).join(" ")}]`;
  const proof = creds === "" ? (key === "" ? "" : ', nkey="[REDACTED]"') : `, credentials=${quoted(creds)}`;
  return `urls=${shownUrls}, account=${quoted(account || "$G")}${proof}`;
}

const minVersion: KeyReader<Draft> = (_draft, entry, { findings }) => {
  const text = findings.text(entry);
  const parts = /^([0-9]+)\.([0-9]+)\.([0-9]+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z-]+)?$/.exec(text);
  if (parts === null) {
    return findings.refuse(entry, "invalid leafnode's minimum version: invalid semver");
  }
  const [major = 0, minor = 0] = parts.slice(1, 3).map(Number);
  if (major < 2 || (major === 2 && minor < 8)) {
    findings.refuse(entry, "the minimum version should be at least 2.8.0");
  }
};

const leafNodeKeys: KeyTable<Draft> = keyTable<Draft>([
  [
    "listen",
    ({ neighbours }, entry, { findings }) => {
      neighbours.leafNodePort = readAddress(entry, findings).port;
    },
  ],
  [
    "port",
    ({ neighbours }, entry, { findings }) => {
      neighbours.leafNodePort = findings.integer(entry);
    },
  ],
  ["host net leafnode_advertise advertise", isText],
  ["authorization", authorization],
  ["remotes", remotes],
  ["reconnect reconnect_delay reconnect_interval", isDuration("reconnect")],
  ["dial_timeout", isDuration("dial_timeout")],
  ["tls", isTls],
  ["no_advertise isolate_leafnode_interest isolate", isBoolean],
  ["min_version minimum_version", minVersion],
  ["compression", isCompression],
  ["write_deadline", isDuration("write_deadline")],
  ["write_timeout", isWriteTimeout],
]);

export const leafNodes: TopReader = (draft, entry, reading) => {
  notePresent(draft, "leafnodes");
  if (isTree(entry.value)) return readKeys(entry.value, leafNodeKeys, draft, reading);
  reading.findings.refuse(entry, `Expected map to define a leafnode, got ${typeName(entry.value)}`);
};
