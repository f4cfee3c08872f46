// Reads the tenancy block, which nats-server does not know: what one tenant may take of a server that serves many.

import { type GuardLimits, unguarded } from "../../session/guard-limits.ts";
import { type KeyReader, type KeyTable, keyTable, readKeys, type TopReader } from "./reader.ts";
import { isTree, typeName } from "./tree.ts";

type Limits = { -readonly [K in keyof GuardLimits]: GuardLimits[K] };

const count =
  (name: keyof Limits): KeyReader<Limits> =>
  (limits, entry, { findings }, key) => {
    const value = findings.integer(entry);
    if (value < 0) findings.refuse(entry, `${key} can not be negative`);
    else limits[name] = value;
  };

const duration: KeyReader<Limits> = (limits, entry, { findings }, key) => {
  const ms = findings.duration(entry, key);
  if (ms < 0) findings.refuse(entry, `${key} can not be negative`);
  else limits.turnMs = ms;
};

const tenancyKeys: KeyTable<Limits> = keyTable<Limits>([
  ["unauthenticated", count("unauthenticated")],
  ["unauthenticated_per_address", count("unauthenticatedPerAddress")],
  ["failed_sign_ins", count("failedSignIns")],
  ["failed_sign_ins_per_address", count("failedSignInsPerAddress")],
  ["connections_per_user", count("connectionsPerUser")],
  ["account_subscriptions", count("accountSubscriptions")],
  ["subject_bytes", count("subjectBytes")],
  ["subject_tokens", count("subjectTokens")],
  ["subject_token_bytes", count("subjectTokenBytes")],
  ["subscription_tokens", count("subscriptionTokens")],
  ["header_bytes", count("headerBytes")],
  ["header_lines", count("headerLines")],
  ["account_pending", count("accountPendingBytes")],
  ["account_messages", count("accountMessagesPerSecond")],
  ["account_bytes", count("accountBytesPerSecond")],
  ["turn_bytes", count("turnBytes")],
  ["turn_time", duration],
  ["memory_soft", count("memorySoftBytes")],
  ["memory_hard", count("memoryHardBytes")],
]);

export const tenancy: TopReader = (draft, entry, reading) => {
  if (!isTree(entry.value)) {
    const found = typeName(entry.value);
    return reading.findings.refuse(entry, `Expected tenancy to be a map, got ${found}`);
  }
  const limits: Limits = { ...unguarded };
  readKeys(entry.value, tenancyKeys, limits, reading);
  const { memorySoftBytes: soft, memoryHardBytes: hard } = limits;
  if (hard > 0 && soft > hard) reading.findings.refuse(entry, "memory_soft can not be more than memory_hard");
  draft.tenancy = limits;
};
