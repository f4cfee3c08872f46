// Reads where account JWTs are kept: in memory, behind a URL, in a directory of this server.
// [nats-server opts.go "resolver", accounts.go NewDirAccResolver]
import { goDuration } from "../../base/go-duration.ts";
import { parseDuration } from "./duration.ts";
import { isParsableUrl } from "./elsewhere.ts";
import type { Findings } from "./findings.ts";
import type { ResolverOptions } from "./options-operator.ts";
import type { Outside } from "./outside.ts";
import { quoted } from "./quoted.ts";
import type { Reading, TopReader } from "./reader.ts";
import { type Entry, isTree, type Tree, typeName } from "./tree.ts";

const intervalMsDefault = 60_000;
const fetchTimeoutMsDefault = 1_900;
const cacheLimitDefault = 1_000;

export const resolver: TopReader = (draft, entry, reading) => {
  const { findings } = reading;
  const before = findings.errors.length;
  // Takes precedence over what an operator says.
  draft.resolver = undefined;
  if (typeof entry.value === "string") draft.resolver = readWord(entry.value, entry, findings);
  else if (isTree(entry.value)) draft.resolver = readMap(entry.value, entry, reading);
  else {
    const type = typeName(entry.value);
    return findings.refuse(entry, `error parsing operator resolver, wrong type ${type}`);
  }
  if (draft.resolver !== undefined || findings.errors.length > before) return;
  const choices = 'should be MEM or  URL("url") or a map containing dir and type state=[FULL|CACHE])';
  findings.refuse(entry, `error parsing account resolver, ${choices}`);
};

/** `MEMORY`, or `URL(…)`; either may stand anywhere in the text. */
function readWord(text: string, entry: Entry, findings: Findings): ResolverOptions | undefined {
  if (/mem/i.test(text)) return { kind: "memory" };
  const at = text.search(/url/i);
  if (at < 0) return undefined;
  const address = /^\(\s*"?([^\s"]*)"?\s*\)/.exec(text.slice(at + 3))?.[1] ?? "";
  if (isParsableUrl(address)) {
    return { kind: "url", url: address.endsWith("/") ? address : `${address}/`, tls: undefined };
  }
  findings.refuse(entry, `error parsing account resolver url [${quoted(address)}]`);
  return undefined;
}

interface ResolverDraft {
  readonly directory: string;
  readonly limit: number;
  readonly ttlMs: number;
  readonly intervalMs: number;
  readonly fetchTimeoutMs: number;
  readonly allowDelete: boolean;
  readonly hardDelete: boolean;
  readonly hardDeleteSaid: boolean;
}

/** Keys must be lower case here, and unknown ones are let be. */
function readMap(tree: Tree, entry: Entry, reading: Reading): ResolverOptions | undefined {
  const { findings } = reading;
  const durations: Record<"ttl" | "interval" | "timeout", number> = { ttl: 0, interval: 0, timeout: 0 };
  const text = (key: string): string => (tree.has(key) ? findings.text(tree.get(key)!) : "");
  const boolean = (key: string): boolean => tree.has(key) && findings.boolean(tree.get(key)!);
  const directory = text("dir");
  const type = text("type").toUpperCase();
  const allowDelete = boolean("allow_delete");
  const hardDelete = boolean("hard_delete");
  const limit = tree.has("limit") ? findings.integer(tree.get("limit")!) : 0;
  for (const key of ["ttl", "interval", "timeout"] as const) {
    const item = tree.get(key);
    if (item === undefined) continue;
    const read = parseDuration(findings.text(item));
    if (read.kind === "duration") durations[key] = read.ms;
    else if (typeof item.value === "string") {
      findings.refuse(entry, read.message);
      return undefined;
    }
  }
  const draft: ResolverDraft = {
    directory,
    limit,
    ttlMs: durations.ttl,
    intervalMs: durations.interval,
    fetchTimeoutMs: tree.has("timeout") ? durations.timeout : fetchTimeoutMsDefault,
    allowDelete,
    hardDelete,
    hardDeleteSaid: tree.has("hard_delete"),
  };
  if (type === "MEM" || type === "MEMORY") return { kind: "memory" };
  if (type !== "FULL" && type !== "CACHE") return undefined;
  for (const mistake of mistakes(draft, type, reading.outside)) findings.refuse(entry, mistake);
  return type === "FULL" ? full(draft) : cache(draft);
}

function* mistakes(draft: ResolverDraft, type: "FULL" | "CACHE", outside: Outside): Generator<string> {
  const { directory, fetchTimeoutMs } = draft;
  const found = directory === "" ? "nothing" : outside.pathKind(directory);
  if (directory === "") yield "dir has no value and needs to point to a directory";
  else if (found === "other" || found === "unwritable-directory") {
    yield "dir needs to point to an accessible directory";
  }
  if (type === "CACHE") {
    if (draft.intervalMs !== 0) yield "CACHE does not accept sync";
    if (draft.allowDelete) yield "CACHE does not accept allow_delete";
    if (draft.hardDeleteSaid) yield "CACHE does not accept hard_delete";
  } else {
    if (draft.ttlMs !== 0) yield "FULL does not accept ttl";
    if (draft.hardDeleteSaid && !draft.allowDelete) yield "hard_delete has no effect without delete";
  }
  if (fetchTimeoutMs <= 0) yield `Fetch timeout ${goDuration(fetchTimeoutMs)} is too smal`;
}

function full(draft: ResolverDraft): ResolverOptions {
  const { directory, limit, intervalMs, fetchTimeoutMs } = draft;
  return {
    kind: "full",
    directory,
    limit: limit === 0 ? Number.MAX_SAFE_INTEGER : limit,
    intervalMs: intervalMs > 0 ? intervalMs : intervalMsDefault,
    deletion: draft.allowDelete ? (draft.hardDelete ? "hard" : "rename") : "none",
    fetchTimeoutMs,
  };
}

function cache({ directory, limit, ttlMs, fetchTimeoutMs }: ResolverDraft): ResolverOptions {
  return {
    kind: "cache",
    directory,
    limit: limit > 0 ? limit : cacheLimitDefault,
    ttlMs,
    fetchTimeoutMs,
  };
}
