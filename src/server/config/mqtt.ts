// Checks the mqtt block: read as nats-server reads it, kept as "present". [nats-server opts.go parseMQTT]
import { readSimpleAuthorization } from "./authorization.ts";
import type { Draft } from "./draft.ts";
import { isBoolean, isDuration, isInteger, isText, isTls, notePresent, readAddress } from "./elsewhere.ts";
import { type KeyReader, type KeyTable, keyTable, readKeys, type TopReader } from "./reader.ts";
import { isTree, typeName } from "./tree.ts";

const ackPendingMax = 0xffff;

const ackPending: KeyReader<Draft> = (_draft, entry, { findings }) => {
  const value = findings.integer(entry);
  if (value >= 0 && value <= ackPendingMax) return;
  findings.refuse(entry, `invalid value ${value}, should in [0..${ackPendingMax}] range`);
};

const mqttKeys: KeyTable<Draft> = keyTable<Draft>([
  [
    "listen",
    ({ neighbours }, entry, { findings }) => {
      neighbours.mqttPort = readAddress(entry, findings).port;
    },
  ],
  [
    "port",
    ({ neighbours }, entry, { findings }) => {
      neighbours.mqttPort = findings.integer(entry);
    },
  ],
  ["host net no_auth_user js_domain", isText],
  ["tls", isTls],
  ["authorization authentication", (_draft, entry, reading) => void readSimpleAuthorization(entry, reading)],
  ["ack_wait ackwait", isDuration("ack_wait")],
  ["js_api_timeout api_timeout", isDuration("js_api_timeout")],
  ["max_ack_pending max_pending max_inflight", ackPending],
  ["stream_replicas", isInteger],
  [
    "consumer_replicas",
    (_draft, entry, { findings }, key) =>
      findings.warnUse(entry, key, "consumer replicas setting ignored in this server version"),
  ],
  ["consumer_memory_storage reject_qos2_publish downgrade_qos2_subscribe", isBoolean],
  ["consumer_inactive_threshold consumer_auto_cleanup", isDuration("consumer_inactive_threshold")],
]);

export const mqtt: TopReader = (draft, entry, reading) => {
  notePresent(draft, "mqtt");
  if (isTree(entry.value)) return readKeys(entry.value, mqttKeys, draft, reading);
  reading.findings.refuse(entry, `Expected mqtt to be a map, got ${typeName(entry.value)}`);
};
