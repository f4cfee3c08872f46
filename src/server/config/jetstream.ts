// Reads what JetStream may use: the server's block and the one within an account.
// [nats-server opts.go parseJetStream, parseJetStreamForAccount]
import { type Draft, noJetStreamLimits } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import { type Findings, safe } from "./findings.ts";
import { atoi } from "./listen.ts";
import type { AccountJetStreamOptions } from "./options-access.ts";
import type { JetStreamLimitOptions } from "./options-jetstream.ts";
import { quoted, quotedBytes } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys, type TopReader } from "./reader.ts";
import { bytesOf } from "./rune.ts";
import { type Entry, isTree, shownValue, type Tree, typeName } from "./tree.ts";

const concurrentIoMin = 4;
const concurrentIoMax = 8_192;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Limits = Mutable<JetStreamLimitOptions>;

/** A key's reader. Text answered is a mistake that ends the whole block. */
type BlockReader = (draft: Draft, entry: Entry, reading: Reading, key: string) => string | undefined;

/** A size: an integer, or a text ending in K, M, G or T (powers of 1024). */
function readSize(entry: Entry): number | string {
  if (typeof entry.value === "bigint") return safe(entry.value);
  if (typeof entry.value !== "string") return "must be int64 or string";
  if (entry.value === "") return 0;
  const digits = bytesOf(entry.value).slice(0, -1);
  const count = atoi(digits);
  if (count === undefined) return `strconv.ParseInt: parsing ${quotedBytes(digits)}: invalid syntax`;
  const power = "KMGT".indexOf(entry.value.slice(-1)) + 1;
  if (power === 0) return "sizes defined as strings must end in K, M, G, T";
  return safe(BigInt(count) * 1024n ** BigInt(power));
}

const size =
  (
    name: "memoryBytesMax" | "storeBytesMax" | "outstandingCatchupBytes" | "bufferedBytesMax",
    called?: string,
  ): BlockReader =>
  ({ jetStream }, entry, _reading, key) => {
    const bytes = readSize(entry);
    if (typeof bytes === "string") return `${called ?? key.toLowerCase()} ${bytes}`;
    jetStream[name] = bytes;
    return undefined;
  };

const text =
  (name: "domain" | "encryptionKey" | "previousEncryptionKey" | "extensionHint"): BlockReader =>
  ({ jetStream }, entry, { findings }) => {
    jetStream[name] = findings.text(entry);
    return undefined;
  };

const count =
  (name: "bufferedMessagesMax" | "requestQueueMax" | "infoQueueMax"): BlockReader =>
  ({ jetStream }, entry, _reading, key) => {
    if (typeof entry.value !== "bigint") return unparseable("a parseable size", key, entry);
    jetStream[name] = safe(entry.value);
    return undefined;
  };

function unparseable(expected: string, key: string, entry: Entry): string {
  return `Expected ${expected} for ${quoted(key)}, got ${shownValue(entry.value)}`;
}

const blockKeys: ReadonlyMap<string, BlockReader> = new Map<string, BlockReader>(
  [
    ["strict", readStrict],
    ["store store_dir storedir", readStoreDirectory],
    ["sync sync_interval", readSync],
    ["max_memory_store max_mem_store max_mem", size("memoryBytesMax", "max_mem_store")],
    ["max_file_store max_file", size("storeBytesMax", "max_file_store")],
    ["domain", text("domain")],
    ["key ek encryption_key", text("encryptionKey")],
    ["prev_key prev_ek prev_encryption_key", text("previousEncryptionKey")],
    ["cipher", readCipher],
    ["extension_hint", text("extensionHint")],
    ["limits", readLimits],
    ["tpm", readTpm],
    ["unique_tag", readUniqueTag],
    ["max_outstanding_catchup", size("outstandingCatchupBytes")],
    ["max_buffered_size", size("bufferedBytesMax")],
    ["max_buffered_msgs", count("bufferedMessagesMax")],
    ["request_queue_limit", count("requestQueueMax")],
    ["info_queue_limit", count("infoQueueMax")],
    ["meta_compact", checkMetaCompact],
    ["meta_compact_size", checkMetaCompactSize],
    ["meta_compact_sync", checkBoolean],
    ["max_concurrent_io", readConcurrentIo],
  ].flatMap(([names, read]) =>
    (names as string).split(" ").map((name) => [name, read as BlockReader] as const),
  ),
);

function readStrict({ jetStream }: Draft, { value }: Entry): string | undefined {
  if (typeof value !== "boolean") {
    return `Expected 'true' or 'false' for bool value, got '${shownValue(value)}'`;
  }
  jetStream.strict = value;
  return undefined;
}

function readStoreDirectory({ jetStream }: Draft, entry: Entry, { findings }: Reading): string | undefined {
  if (jetStream.storeDirectory !== "") return "Duplicate 'store_dir' configuration";
  jetStream.storeDirectory = findings.text(entry);
  return undefined;
}

function readSync({ jetStream }: Draft, entry: Entry, { findings }: Reading, key: string): undefined {
  jetStream.syncAlways = typeof entry.value === "string" && entry.value.toLowerCase() === "always";
  jetStream.syncIntervalMs = jetStream.syncAlways ? undefined : findings.duration(entry, key);
}

function readCipher({ jetStream }: Draft, entry: Entry, { findings }: Reading): string | undefined {
  const name = findings.text(entry);
  const lower = name.toLowerCase();
  if (lower === "chacha" || lower === "chachapoly") jetStream.cipher = "chacha";
  else if (lower === "aes") jetStream.cipher = "aes";
  else if (typeof entry.value === "string") return `Unknown cipher type: ${quoted(name)}`;
  return undefined;
}

function readUniqueTag({ jetStream }: Draft, entry: Entry, { findings }: Reading): undefined {
  jetStream.uniqueTag = findings.text(entry).trim().toLowerCase();
}

function readConcurrentIo({ jetStream }: Draft, entry: Entry, _reading: Reading, key: string) {
  const value = typeof entry.value === "bigint" ? safe(entry.value) : -1;
  if (value < concurrentIoMin || value > concurrentIoMax) {
    const range = `between ${concurrentIoMin} and ${concurrentIoMax}`;
    return `Expected an absolute size for ${quoted(key)} ${range}, got ${shownValue(entry.value)}`;
  }
  jetStream.concurrentIo = value;
  return undefined;
}

/** Settings of the meta layer of a cluster are only checked. */
function checkMetaCompact(_draft: Draft, entry: Entry, _reading: Reading, key: string): string | undefined {
  const good = typeof entry.value === "bigint" && entry.value >= 0n;
  return good ? undefined : unparseable("an absolute size", key, entry);
}

function checkMetaCompactSize(_draft: Draft, entry: Entry, _reading: Reading, key: string) {
  const bytes = readSize(entry);
  if (typeof bytes === "string") return `${key.toLowerCase()} ${bytes}`;
  return bytes < 0 ? unparseable("an absolute size", key, entry) : undefined;
}

function checkBoolean(_draft: Draft, entry: Entry, { findings }: Reading): undefined {
  findings.boolean(entry);
}

const integer =
  (name: keyof JetStreamLimitOptions): KeyReader<Limits> =>
  (limits, entry, { findings }) => {
    limits[name] = findings.integer(entry);
  };

const duration =
  (name: "duplicateWindowMs" | "batchTimeoutMs"): KeyReader<Limits> =>
  (limits, entry, { findings }) => {
    const text = findings.text(entry);
    const read = parseDuration(text);
    if (read.kind === "duration") limits[name] = read.ms;
    // Without its place, as there.
    else if (text !== "" || entry.value === "") findings.refuse(undefined, read.message);
  };

const limitKeys: KeyTable<Limits> = keyTable([
  ["max_ack_pending", integer("ackPending")],
  ["max_ha_assets", integer("highAvailabilityAssets")],
  ["max_request_batch", integer("requestBatch")],
  ["default_max_consumers", integer("consumersDefault")],
  ["duplicate_window", duration("duplicateWindowMs")],
  [
    "batch",
    (limits, entry, reading) => {
      if (isTree(entry.value)) return readKeys(entry.value, batchKeys, limits, reading);
      const type = typeName(entry.value);
      reading.findings.refuse(entry, `Expected a map to define batch limits, got ${type}`);
    },
  ],
]);

const batchKeys: KeyTable<Limits> = keyTable([
  ["max_inflight_per_stream", integer("batchesPerStream")],
  ["max_inflight_total", integer("batches")],
  ["max_msgs", integer("batchMessages")],
  ["timeout", duration("batchTimeoutMs")],
]);

function readLimits({ jetStream }: Draft, entry: Entry, reading: Reading): string | undefined {
  if (!isTree(entry.value)) return `Expected a map to define JetStreamLimits, got ${typeName(entry.value)}`;
  const limits = noJetStreamLimits();
  readKeys(entry.value, limitKeys, limits, reading);
  jetStream.limits = limits;
  return undefined;
}

/** A trusted platform module is not used, but its block is checked. */
function readTpm(draft: Draft, entry: Entry, reading: Reading): string | undefined {
  if (!isTree(entry.value)) return `Expected a map to define JetStreamLimits, got ${typeName(entry.value)}`;
  const { findings } = reading;
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    if (name === "keys_file" || name === "encryption_password" || name === "srk_password")
      findings.text(item);
    else if (name === "pcr") findings.integer(item);
    else if (name === "cipher") {
      const mistake = readCipher(draft, item, reading);
      if (mistake === undefined) continue;
      findings.refuse(item, mistake);
      return undefined;
    } else findings.unknown(item, key);
  }
  return undefined;
}

/** `enabled` or `disabled`; undefined if it is neither. */
function readSwitch(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (lower === "enabled" || lower === "enable") return true;
  return lower === "disabled" || lower === "disable" ? false : undefined;
}

/** The server's block: a boolean, a word, or a map, which enables unless it says otherwise. */
export const jetStream: TopReader = (draft, entry, reading) => {
  const { findings } = reading;
  if (typeof entry.value === "boolean") draft.jetStream.enabled = entry.value;
  else if (typeof entry.value === "string") {
    const enabled = readSwitch(entry.value);
    if (enabled !== undefined) draft.jetStream.enabled = enabled;
    else findings.refuse(entry, notSwitch(entry.value));
  } else if (isTree(entry.value)) {
    readBlock(draft, entry.value, { ...reading, findings: findings.within(entry) });
  } else {
    const type = typeName(entry.value);
    findings.refuse(entry, `Expected map, bool or string to define JetStream, got ${type}`);
  }
};

function notSwitch(text: string): string {
  return `Expected 'enabled' or 'disabled' for string value, got '${text}'`;
}

function readBlock(draft: Draft, tree: Tree, reading: Reading) {
  const { findings } = reading;
  let enabled = true;
  for (const [key, item] of tree) {
    const name = key.toLowerCase();
    if (name === "enable" || name === "enabled") {
      enabled = findings.boolean(item);
      continue;
    }
    const read = blockKeys.get(name);
    const mistake = read?.(draft, item, reading, key);
    if (read === undefined) findings.unknown(item, key);
    if (mistake !== undefined) return findings.refuse(item, mistake);
  }
  draft.jetStream.enabled = enabled;
}

type AccountLimits = Mutable<AccountJetStreamOptions>;

const accountSizes: ReadonlyMap<string, keyof AccountLimits> = new Map<string, keyof AccountLimits>(
  [
    ["max_memory max_mem mem memory", "memoryBytes"],
    ["max_store max_file max_disk store disk", "storeBytes"],
    ["max_streams streams", "streams"],
    ["max_consumers consumers", "consumers"],
    ["mem_max_stream_bytes memory_max_stream_bytes", "memoryStreamBytes"],
    ["disk_max_stream_bytes store_max_stream_bytes", "storeStreamBytes"],
    ["max_ack_pending", "ackPending"],
  ].flatMap(([names, limit]) =>
    names!.split(" ").map((name) => [name, limit as keyof AccountLimits] as const),
  ),
);
const bytesRequiredKeys = new Set(["max_bytes_required", "max_stream_bytes", "max_bytes"]);

export interface AccountJetStreamDraft {
  jetStream: AccountJetStreamOptions | undefined;
  ownClusterTraffic: boolean;
}

/** The block within an account. */
export function readAccountJetStream(into: AccountJetStreamDraft, entry: Entry, findings: Findings) {
  if (typeof entry.value === "boolean") {
    if (entry.value) into.jetStream = unlimited();
  } else if (typeof entry.value === "string") {
    const enabled = readSwitch(entry.value);
    // A value that came unwrapped has no place there. [opts.go parseAccounts]
    if (enabled === undefined) return findings.refuse(undefined, notSwitch(entry.value));
    into.jetStream = enabled ? unlimited() : undefined;
  } else if (isTree(entry.value)) {
    const limits = unlimited();
    for (const [key, item] of entry.value) {
      const mistake = readAccountLimit(limits, into, key, item, findings);
      if (mistake !== undefined) return findings.refuse(item, mistake);
    }
    into.jetStream = limits;
  } else {
    const type = typeName(entry.value);
    findings.refuse(undefined, `Expected map, bool or string to define JetStream, got ${type}`);
  }
}

function unlimited(): AccountLimits {
  return {
    memoryBytes: -1,
    storeBytes: -1,
    streams: -1,
    consumers: -1,
    ackPending: -1,
    memoryStreamBytes: -1,
    storeStreamBytes: -1,
    maxBytesRequired: false,
  };
}

function readAccountLimit(
  limits: AccountLimits,
  into: AccountJetStreamDraft,
  key: string,
  entry: Entry,
  findings: Findings,
): string | undefined {
  const name = key.toLowerCase();
  const limit = accountSizes.get(name);
  if (limit !== undefined) {
    if (typeof entry.value !== "bigint") return unparseable("a parseable size", key, entry);
    Object.assign(limits, { [limit]: safe(entry.value) });
  } else if (bytesRequiredKeys.has(name)) {
    if (typeof entry.value !== "boolean") return unparseable("a parseable bool", key, entry);
    limits.maxBytesRequired = entry.value;
  } else if (name === "cluster_traffic") {
    if (typeof entry.value !== "string") {
      return unparseable("either 'system' or 'owner' string value", key, entry);
    }
    if (!["system", "", "owner"].includes(entry.value)) {
      return unparseable("'system' or 'owner' string value", key, entry);
    }
    into.ownClusterTraffic = entry.value === "owner";
  } else findings.unknown(entry, key);
  return undefined;
}
