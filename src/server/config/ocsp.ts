// Checks the blocks about OCSP. This server staples and asks for nothing, so it only says that they are well-formed.
// [nats-server ocsp_peer.go parseOCSPPeer, ocsp_responsecache.go parseOCSPResponseCache, opts.go "ocsp"]
import type { Draft } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import { quoted } from "./quoted.ts";
import type { TopReader } from "./reader.ts";
import { type Entry, isTree, type Tree, typeName, type Value } from "./tree.ts";

const peerSeconds = new Set(["allowed_clockskew", "ca_timeout", "cache_ttl_when_next_update_unset"]);
const peerSwitches = new Set(["verify", "warn_only", "unknown_is_good", "allow_when_ca_unreachable"]);
const cacheTypes = new Set(["none", "local"]);
const modes = new Set(["always", "must", "never", "auto"]);

/** Answers what is wrong. */
export function checkOcspPeer(entry: Entry, _findings: Findings): string | undefined {
  if (typeof entry.value === "boolean") return undefined;
  if (!isTree(entry.value)) {
    return "error parsing ocsp peer config: unsupported type map[string]interface {}";
  }
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    if (peerSeconds.has(name)) {
      const mistake = secondsMistake(item.value);
      if (mistake !== undefined) return `error parsing tls peer config, conversion error: ${mistake}`;
    } else if (!peerSwitches.has(name) || typeof item.value !== "boolean") {
      return `error parsing tls peer config, unknown field [${quoted(key)}]`;
    }
  }
  return undefined;
}

function secondsMistake(value: Value): string | undefined {
  if (typeof value === "bigint" || typeof value === "number") return undefined;
  if (typeof value !== "string") return "unexpected type";
  const read = parseDuration(value);
  return read.kind === "refused" ? read.message : undefined;
}

function noteUnsupported(draft: Draft, block: string): void {
  if (!draft.unsupported.includes(block)) draft.unsupported.push(block);
}

export const ocsp: TopReader = (draft, entry, { findings }) => {
  const { value } = entry;
  if (value === false) return;
  noteUnsupported(draft, "ocsp");
  if (value === true) return;
  if (!isTree(value)) {
    return findings.refuse(entry, `error parsing ocsp config: unsupported type ${typeName(value)}`);
  }
  for (const [key, item] of value) {
    // nats-server tells the place of a value of a wrong type here as that of the block.
    const inner = findings.within(entry);
    if (key === "mode") {
      const mode = inner.text(item);
      if (modes.has(mode.toLowerCase()) || mode === "") continue;
      findings.refuse(item, "error parsing ocsp config: unsupported ocsp mode string");
    } else if (key === "url") inner.text(item);
    else if (key === "urls") {
      // A list never has the Go type that is asked for, so there is no good value.
      const type = typeName(item.value);
      findings.refuse(entry, `interface conversion: interface {} is ${type}, not []string`);
    } else return findings.refuse(item, "error parsing ocsp config: unsupported field string");
  }
};

export const ocspCache: TopReader = (draft, entry, { findings }) => {
  const { value } = entry;
  if (value === false) return;
  noteUnsupported(draft, "ocsp_cache");
  if (!isTree(value)) return;
  const found = cacheMistake(value);
  if (found !== undefined)
    findings.refuse(found.at, `error parsing OCSP peer cache config, ${found.mistake}`);
};

function cacheMistake(tree: Tree): { at: Entry; mistake: string } | undefined {
  for (const [key, item] of tree) {
    const unknown = { at: item, mistake: `unknown field [${quoted(key)}]` };
    switch (key.toLowerCase()) {
      case "type":
        if (typeof item.value !== "string") return unknown;
        if (cacheTypes.has(item.value.toLowerCase())) break;
        return { at: item, mistake: `unknown type [${item.value}]` };
      case "local_store":
        if (typeof item.value !== "string") return unknown;
        break;
      case "preserve_revoked":
        if (typeof item.value !== "boolean") return unknown;
        break;
      case "save_interval": {
        const mistake = secondsMistake(item.value);
        if (mistake !== undefined) return { at: item, mistake: `conversion error: ${mistake}` };
        break;
      }
      default:
        return unknown;
    }
  }
  return undefined;
}
