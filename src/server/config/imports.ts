// Reads what an account takes from others. [nats-server opts.go parseAccountImports]
import type { ServiceImportOptions, StreamImportOptions } from "./options-access.ts";
import { quoted } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys } from "./reader.ts";
import { type Entry, isList, isTree, typeName } from "./tree.ts";

export interface Imports {
  readonly streams: StreamImportOptions[];
  readonly services: ServiceImportOptions[];
}

interface Origin {
  account: string;
  subject: string;
}

interface ImportDraft {
  kind: "stream" | "service" | undefined;
  origin: Origin;
  to: string;
  toAt: Entry | undefined;
  prefix: string;
  share: boolean;
  allowTrace: boolean;
  traceAt: Entry | undefined;
}

const originKeys: KeyTable<Origin> = keyTable([
  [
    "account",
    (origin, entry, { findings }) => {
      origin.account = findings.text(entry);
    },
  ],
  [
    "subject",
    (origin, entry, { findings }) => {
      origin.subject = findings.text(entry);
    },
  ],
]);

const kind =
  (name: "stream" | "service", other: "stream" | "service"): KeyReader<ImportDraft> =>
  (draft, entry, reading) => {
    const { findings } = reading;
    if (draft.kind === other) return findings.refuse(entry, `Detected ${name} but already saw a ${other}`);
    if (!isTree(entry.value)) {
      const called = name === "stream" ? "Stream" : "Service";
      const type = typeName(entry.value);
      return findings.refuse(entry, `${called} entry should be an account map, got ${type}`);
    }
    const origin: Origin = { account: "", subject: "" };
    readKeys(entry.value, originKeys, origin, reading);
    if (origin.account === "" || origin.subject === "") {
      return findings.refuse(entry, "Expect an account name and a subject");
    }
    draft.kind = name;
    draft.origin = origin;
  };

const importKeys: KeyTable<ImportDraft> = keyTable([
  ["stream", kind("stream", "service")],
  ["service", kind("service", "stream")],
  [
    "prefix",
    (draft, entry, { findings }) => {
      draft.prefix = findings.text(entry);
    },
  ],
  [
    "to",
    (draft, entry, { findings }) => {
      draft.to = findings.text(entry);
      draft.toAt = entry;
    },
  ],
  [
    "share",
    (draft, entry, { findings }) => {
      draft.share = findings.boolean(entry);
    },
  ],
  [
    "allow_trace",
    (draft, entry, { findings }) => {
      draft.allowTrace = findings.boolean(entry);
      draft.traceAt = entry;
    },
  ],
]);

export function readImports(entry: Entry, reading: Reading): Imports {
  const { findings } = reading;
  const imports: Imports = { streams: [], services: [] };
  if (!isList(entry.value)) {
    findings.refuse(entry, `Imports should be an array, got ${typeName(entry.value)}`);
    return imports;
  }
  for (const item of entry.value) {
    if (isTree(item.value)) readImport(item, imports, reading);
    else {
      const type = typeName(item.value);
      findings.refuse(item, `Import Items should be a map with type entry, got ${type}`);
    }
  }
  return imports;
}

function readImport(item: Entry, imports: Imports, reading: Reading) {
  const { findings } = reading;
  const draft: ImportDraft = {
    kind: undefined,
    origin: { account: "", subject: "" },
    to: "",
    toAt: undefined,
    prefix: "",
    share: false,
    allowTrace: false,
    traceAt: undefined,
  };
  readKeys(findings.tree(item), importKeys, draft, reading);
  const { account, subject } = draft.origin;
  if (draft.kind === "stream") {
    // nats-server finds this only if it happens to see `to` last; it is never meant.
    if (draft.toAt !== undefined && draft.prefix !== "" && draft.to !== "") {
      return findings.refuse(draft.toAt, "Stream import can not have a 'prefix' and a 'to' property");
    }
    const { to, prefix, allowTrace } = draft;
    imports.streams.push({ account, subject, to, prefix, allowTrace });
  } else if (draft.kind === "service") {
    if (draft.traceAt !== undefined) {
      return findings.refuse(draft.traceAt, "Detected allow_trace directive on a non-stream");
    }
    const to = draft.to === "" ? subject : draft.to;
    const twin = imports.services.find((other) => other.to === to && other.account === account);
    if (twin !== undefined) {
      const used = `previously used in import for account ${quoted(account)}, subject ${quoted(twin.subject)}`;
      return findings.refuse(item, `Duplicate service import subject ${quoted(to)}, ${used}`);
    }
    imports.services.push({ account, subject, to, share: draft.share });
  }
}
