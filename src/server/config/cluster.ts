// Checks the cluster and gateway blocks: read as nats-server reads them, kept as "present".
// [nats-server opts.go parseCluster, parseGateway]
import { readAuthorization } from "./authorization.ts";
import type { Draft } from "./draft.ts";
import {
  checkUrl,
  checkUrls,
  forMaps,
  isBoolean,
  isCompression,
  isDuration,
  isInteger,
  isRouteTls,
  isText,
  isWriteTimeout,
  notePresent,
  readAddress,
  readName,
} from "./elsewhere.ts";
import { readPermissions, subjectsMistake } from "./permissions.ts";
import { type KeyReader, type KeyTable, keyTable, readKeys, type TopReader } from "./reader.ts";
import { isTree, typeName } from "./tree.ts";

const routePingIntervalMsMax = 30_000;

/** Servers present one user, no token, no callout. */
const oneUser =
  (whose: string): KeyReader<Draft> =>
  (_draft, entry, reading) => {
    const { findings } = reading;
    const auth = readAuthorization(entry, reading);
    if (auth.users !== undefined) {
      return findings.refuse(entry, `${whose} authorization does not allow multiple users`);
    }
    if (auth.token !== "") return findings.refuse(entry, `${whose} authorization does not support tokens`);
    if (auth.callout !== undefined) {
      return findings.refuse(entry, `${whose} authorization does not support callouts`);
    }
    if (whose !== "Cluster" || auth.defaultPermissions === undefined) return;
    const deprecated = 'setting "permissions" within cluster authorization block is deprecated';
    findings.warnUse(entry, "authorization", deprecated);
  };

const permissions: KeyReader<Draft> = (_draft, entry, { findings }) => {
  const read = readPermissions(entry, findings);
  if (read === undefined) return;
  if (read.response !== undefined) {
    return findings.refuse(entry, "Cluster permissions do not support dynamic responses");
  }
  const lists = [
    ["import allow", read.publish?.allow],
    ["import deny", read.publish?.deny],
    ["export allow", read.subscribe?.allow],
    ["export deny", read.subscribe?.deny],
  ] as const;
  for (const [name, subjects] of lists) {
    const mistake = subjectsMistake(subjects ?? [], false);
    if (mistake !== undefined) return findings.refuse(entry, `cluster ${name}: ${mistake}`);
  }
};

const pingInterval: KeyReader<Draft> = (_draft, entry, { findings }) => {
  if (findings.duration(entry, "ping_interval") <= routePingIntervalMsMax) return;
  findings.warn(entry, "Cluster 'ping_interval' will reset to 30s which is the max for routes");
};

const clusterKeys: KeyTable<Draft> = keyTable<Draft>([
  [
    "name",
    ({ neighbours }, entry, { findings }) => {
      neighbours.clusterName = readName(entry, findings, "cluster");
    },
  ],
  [
    "listen",
    ({ neighbours }, entry, { findings }) => {
      const { host, port } = readAddress(entry, findings);
      neighbours.clusterHost = host;
      neighbours.clusterPort = port;
    },
  ],
  [
    "port",
    ({ neighbours }, entry, { findings }) => {
      neighbours.clusterPort = findings.integer(entry);
    },
  ],
  [
    "host net",
    ({ neighbours }, entry, { findings }) => {
      neighbours.clusterHost = findings.text(entry);
    },
  ],
  ["authorization", oneUser("Cluster")],
  ["routes", (_draft, entry, reading) => checkUrls(entry, reading, "route")],
  ["tls", isRouteTls],
  ["cluster_advertise advertise", isText],
  ["no_advertise connect_backoff", isBoolean],
  ["connect_retries pool_size ping_max", isInteger],
  ["permissions", permissions],
  ["accounts", (_draft, entry, { findings }) => void findings.texts(entry, "accounts")],
  ["compression", isCompression],
  ["ping_interval", pingInterval],
  ["write_deadline", isDuration("write_deadline")],
  ["write_timeout", isWriteTimeout],
]);

export const cluster: TopReader = (draft, entry, reading) => {
  notePresent(draft, "cluster");
  if (isTree(entry.value)) return readKeys(entry.value, clusterKeys, draft, reading);
  reading.findings.refuse(entry, `Expected map to define cluster, got ${typeName(entry.value)}`);
};

interface RemoteGateway {
  name: string;
  urls: number;
}

const remoteKeys: KeyTable<RemoteGateway> = keyTable<RemoteGateway>([
  ["name", isText],
  ["tls", isRouteTls],
  ["url", (_remote, entry, { findings }) => checkUrl(entry, findings, "gateway")],
  ["urls", (_remote, entry, reading) => checkUrls(entry, reading, "gateway")],
]);

const remotes: KeyReader<Draft> = (_draft, entry, reading) => {
  const complaint = {
    at: undefined,
    list: "Expected gateways field to be an array",
    item: "Expected gateway entry to be a map/struct",
  };
  forMaps(entry, reading, complaint, (item) => {
    const remote: RemoteGateway = { name: "", urls: 0 };
    readKeys(reading.findings.tree(item), remoteKeys, remote, reading);
    return remote;
  });
};

const gatewayKeys: KeyTable<Draft> = keyTable<Draft>([
  [
    "name",
    ({ neighbours }, entry, { findings }) => {
      neighbours.gatewayName = readName(entry, findings, "gateway");
    },
  ],
  [
    "listen",
    ({ neighbours }, entry, { findings }) => {
      neighbours.gatewayPort = readAddress(entry, findings).port;
    },
  ],
  [
    "port",
    ({ neighbours }, entry, { findings }) => {
      neighbours.gatewayPort = findings.integer(entry);
    },
  ],
  ["host net advertise", isText],
  ["authorization", oneUser("Gateway")],
  ["tls", isRouteTls],
  ["connect_retries", isInteger],
  ["connect_backoff reject_unknown reject_unknown_cluster", isBoolean],
  ["gateways", remotes],
  ["write_deadline", isDuration("write_deadline")],
  ["write_timeout", isWriteTimeout],
]);

export const gateway: TopReader = (draft, entry, reading) => {
  notePresent(draft, "gateway");
  if (isTree(entry.value)) return readKeys(entry.value, gatewayKeys, draft, reading);
  reading.findings.refuse(entry, `Expected gateway to be a map, got ${typeName(entry.value)}`);
};
