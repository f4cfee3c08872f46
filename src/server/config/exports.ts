// Reads what an account offers to others. [nats-server opts.go parseAccountExports, parseServiceLatency]
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import { atoi } from "./listen.ts";
import type { ServiceExportOptions, ServiceLatencyOptions, StreamExportOptions } from "./options-access.ts";
import { quoted, quotedValue } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys } from "./reader.ts";
import { type Entry, isList, isTree, typeName } from "./tree.ts";

const responseThresholdMsDefault = 120_000;
const samplingDefault = 100;

export interface Exports {
  readonly streams: StreamExportOptions[];
  readonly services: ServiceExportOptions[];
}

interface ExportDraft {
  kind: "stream" | "service" | undefined;
  subject: string;
  accounts: string[] | undefined;
  accountTokenPosition: number;
  responseType: ServiceExportOptions["responseType"];
  /** Where settings were said that only a service has. */
  responseAt: Entry | undefined;
  thresholdAt: Entry | undefined;
  latencyAt: Entry | undefined;
  traceAt: Entry | undefined;
  thresholdMs: number;
  latency: ServiceLatencyOptions | undefined;
  allowTrace: boolean;
}

type ExportReader = KeyReader<ExportDraft>;

const kind =
  (name: "stream" | "service", other: "stream" | "service"): ExportReader =>
  (draft, entry, { findings }) => {
    if (draft.kind === other) {
      const shown = quotedValue(entry.value);
      return findings.refuse(entry, `Detected ${name} ${shown} but already saw a ${other}`);
    }
    if (typeof entry.value !== "string") {
      return findings.refuse(entry, `Expected ${name} name to be string, got ${typeName(entry.value)}`);
    }
    draft.kind = name;
    draft.subject = entry.value;
  };

const responseTypes: ReadonlyMap<string, ServiceExportOptions["responseType"]> = new Map([
  ["single", "singleton"],
  ["singleton", "singleton"],
  ["stream", "stream"],
  ["chunk", "chunked"],
  ["chunked", "chunked"],
]);

const responseType: ExportReader = (draft, entry, { findings }) => {
  if (draft.responseAt !== undefined) return findings.refuse(entry, "Duplicate response type definition");
  draft.responseAt = entry;
  if (typeof entry.value !== "string") {
    return findings.refuse(entry, `Expected response type to be string, got ${typeName(entry.value)}`);
  }
  const type = responseTypes.get(entry.value.toLowerCase());
  if (type === undefined) findings.refuse(entry, `Unknown response type: ${quoted(entry.value)}`);
  else draft.responseType = type;
};

const threshold: ExportReader = (draft, entry, { findings }) => {
  if (draft.thresholdAt !== undefined) return findings.refuse(entry, "Duplicate response threshold detected");
  draft.thresholdAt = entry;
  const expected = "Expected response threshold to be a parseable time duration, got";
  if (typeof entry.value !== "string") return findings.refuse(entry, `${expected} ${typeName(entry.value)}`);
  const read = parseDuration(entry.value);
  if (read.kind === "duration") draft.thresholdMs = read.ms;
  else findings.refuse(entry, `${expected} ${quoted(entry.value)}`);
};

const accounts: ExportReader = (draft, entry, { findings }) => {
  const names = findings.list(entry).map((item) => findings.text(item));
  if (names.length > 0) draft.accounts = [...(draft.accounts ?? []), ...names];
};

const latency: ExportReader = (draft, entry, { findings }) => {
  draft.latencyAt = entry;
  draft.latency = readLatency(entry, findings);
};

const exportKeys: KeyTable<ExportDraft> = keyTable([
  ["stream", kind("stream", "service")],
  ["service", kind("service", "stream")],
  ["response response_type", responseType],
  ["threshold response_threshold response_max_time response_time", threshold],
  ["accounts", accounts],
  ["latency", latency],
  [
    "account_token_position",
    (draft, entry, { findings }) => {
      draft.accountTokenPosition = findings.integer(entry);
    },
  ],
  [
    "allow_trace",
    (draft, entry, { findings }) => {
      draft.traceAt = entry;
      draft.allowTrace = findings.boolean(entry);
    },
  ],
]);

export function readExports(entry: Entry, reading: Reading): Exports {
  const { findings } = reading;
  const exports: Exports = { streams: [], services: [] };
  if (!isList(entry.value)) {
    findings.refuse(entry, `Exports should be an array, got ${typeName(entry.value)}`);
    return exports;
  }
  for (const item of entry.value) {
    if (isTree(item.value)) readExport(item, exports, reading);
    else {
      const type = typeName(item.value);
      findings.refuse(item, `Export Items should be a map with type entry, got ${type}`);
    }
  }
  return exports;
}

function readExport(item: Entry, exports: Exports, reading: Reading): void {
  const draft: ExportDraft = {
    kind: undefined,
    subject: "",
    accounts: undefined,
    accountTokenPosition: 0,
    responseType: "singleton",
    responseAt: undefined,
    thresholdAt: undefined,
    latencyAt: undefined,
    traceAt: undefined,
    thresholdMs: 0,
    latency: undefined,
    allowTrace: false,
  };
  readKeys(reading.findings.tree(item), exportKeys, draft, reading);
  const { subject, accountTokenPosition } = draft;
  const shared = { subject, accounts: draft.accounts, accountTokenPosition };
  if (draft.kind === "stream") {
    refuseServiceOnly(draft, reading.findings);
    exports.streams.push(shared);
  } else if (draft.kind === "service") {
    exports.services.push({
      ...shared,
      responseType: draft.responseType,
      responseThresholdMs: draft.thresholdMs === 0 ? responseThresholdMsDefault : draft.thresholdMs,
      latency: draft.latency,
      allowTrace: draft.allowTrace,
    });
  }
}

function refuseServiceOnly(draft: ExportDraft, findings: Findings): void {
  const settings = [
    [draft.responseAt, "response"],
    [draft.thresholdAt, "response"],
    [draft.latencyAt, "latency"],
    [draft.traceAt, "allow_trace"],
  ] as const;
  for (const [at, directive] of settings) {
    if (at !== undefined) findings.refuse(at, `Detected ${directive} directive on non-service`);
  }
}

/** A subject, or a map of `subject` and `sampling`. */
function readLatency(entry: Entry, findings: Findings): ServiceLatencyOptions | undefined {
  if (typeof entry.value === "string") return { subject: entry.value, sampling: samplingDefault };
  if (!isTree(entry.value)) {
    const type = typeName(entry.value);
    findings.refuse(entry, `Expected latency entry to be a map/struct or string, got ${type}`);
    return undefined;
  }
  const samplingAt = entry.value.get("sampling");
  const sampling = samplingAt === undefined ? samplingDefault : readSampling(samplingAt);
  if (typeof sampling === "string") {
    findings.refuse(samplingAt, sampling);
    return undefined;
  }
  const subject = entry.value.get("subject");
  if (subject === undefined) findings.refuse(entry, "Latency subject required, but missing");
  else if (typeof subject.value !== "string") {
    findings.refuse(subject, "Expected latency subject to be a string, got string");
  } else return { subject: subject.value, sampling };
  return undefined;
}

/** Percent, 0 for "as the headers say", or what is wrong. */
function readSampling({ value }: Entry): number | string {
  if (typeof value !== "string" && typeof value !== "bigint") {
    return `Expected latency sample to be a string or map/struct, got ${typeName(value)}`;
  }
  if (typeof value === "string" && value.trim().toLowerCase() === "headers") return 0;
  const digits = typeof value === "string" ? value.replace(/%$/, "") : String(value);
  const percent = atoi(digits);
  if (percent === undefined) {
    return `Failed to parse latency sample: strconv.Atoi: parsing ${quoted(digits)}: invalid syntax`;
  }
  return percent < 1 || percent > 100 ? "bad sampling percentage, should be 1-100" : percent;
}
