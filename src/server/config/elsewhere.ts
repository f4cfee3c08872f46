// Parts shared by the blocks about other servers and protocols, which are checked and kept as "present".

import type { Draft } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import { type Address, readListen } from "./listen.ts";
import { quoted } from "./quoted.ts";
import type { KeyReader, KeyTable, Reading } from "./reader.ts";
import { readTls } from "./tls.ts";
import { type Entry, isList, isTree, shownValue, typeName } from "./tree.ts";

/** Readers that only look whether a value has the right type. */
export const isText: KeyReader<unknown> = (_into, entry, { findings }) => void findings.text(entry);
export const isInteger: KeyReader<unknown> = (_into, entry, { findings }) => void findings.integer(entry);
export const isBoolean: KeyReader<unknown> = (_into, entry, { findings }) => void findings.boolean(entry);
export const isTls: KeyReader<unknown> = (_into, entry, reading) => void readTls(entry, reading);
export const isRouteTls: KeyReader<unknown> = (_into, entry, reading) => void readTls(entry, reading, true);
export const isDuration =
  (field: string): KeyReader<unknown> =>
  (_into, entry, { findings }) =>
    void findings.duration(entry, field);

export const isWriteTimeout: KeyReader<unknown> = (_into, entry, { findings }) => {
  if (["default", "close", "retry"].includes(findings.text(entry))) return;
  findings.refuse(entry, "write_timeout must be 'default', 'close' or 'retry'");
};

/** What leaf nodes without a cluster are counted under. */
const reservedClusterName = "_";

/** A name without blanks. */
export function readName(entry: Entry, findings: Findings, whose: string): string {
  const name = findings.text(entry);
  if (name.includes(" ")) findings.refuse(entry, `${whose} name cannot contain spaces`);
  else if (name === reservedClusterName) findings.refuse(entry, "cluster name is reserved");
  else return name;
  return "";
}

export function readAddress(entry: Entry, findings: Findings): Address {
  return readListen(entry, findings) ?? { host: "", port: 0 };
}

/** A boolean, a mode's name, or a map of mode and thresholds. [opts.go parseCompression] */
export const isCompression: KeyReader<unknown> = (_into, entry, { findings }, key) => {
  const { value } = entry;
  if (typeof value === "string" || typeof value === "boolean") return;
  if (!isTree(value)) {
    const type = typeName(value);
    return findings.refuse(entry, `field ${quoted(key)} should be a boolean or a structure, got ${type}`);
  }
  for (const [name, item] of value) {
    if (name.toLowerCase() === "mode") findings.text(item);
    else if (["rtt_thresholds", "thresholds", "rtts", "rtt"].includes(name.toLowerCase())) {
      for (const threshold of findings.list(item)) {
        const read = parseDuration(findings.text(threshold));
        if (read.kind === "refused") findings.refuse(item, read.message);
      }
    } else findings.unknown(item, name);
  }
};

/** A URL, as far as Go's url.Parse refuses one. [opts.go parseURL] */
export function checkUrl(entry: Entry, findings: Findings, kind: string): void {
  const text = findings.text(entry).trim();
  if (isParsableUrl(text)) return;
  findings.refuse(entry, `error parsing ${kind} url [${quoted(text)}]`);
}

export function isParsableUrl(text: string): boolean {
  if (/[\x00-\x1f\x7f]/.test(text)) return false;
  const beforeFragment = text.split("#", 1)[0]!;
  if (/%(?![0-9a-fA-F]{2})/.test(beforeFragment.split("?", 1)[0]!)) return false;
  const colon = /^([^/?#:]*):/.exec(beforeFragment);
  if (colon === null) return true;
  const scheme = colon[1]!;
  // What cannot be a scheme is a path; a path may have no colon in its first part.
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(scheme)) return false;
  const authority = /^\/\/([^/?]*)/.exec(beforeFragment.slice(scheme.length + 1))?.[1];
  if (authority === undefined) return true;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // Only web addresses may not have colons in their host's name. [go.dev/issue/78077]
  const form = /^https?$/i.test(scheme)
    ? /^(\[[^\]]*\]|[^:[\]]*)(:[0-9]*)?$/
    : /^(\[[^\]]*\](:[0-9]*)?|[^:[\]]*|[^[\]]*:[0-9]*)$/;
  return form.test(host) && !/[ <>"{}|\\^`]/.test(host);
}

/** A list of URLs. One given twice draws a warning. [opts.go parseURLs] */
export function checkUrls(entry: Entry, { findings }: Reading, kind: string): void {
  const seen = new Set<string>();
  for (const item of findings.list(entry)) {
    const text = findings.text(item);
    if (seen.has(text)) findings.warnUse(item, text, `Duplicate ${kind} entry detected`);
    else checkUrl(item, findings, kind);
    seen.add(text);
  }
}

/** Reads a list of maps with one table; `each` makes what a map is read into. */
export function forMaps<Into>(
  entry: Entry,
  { findings }: Reading,
  complaint: { readonly at: Entry | undefined; readonly list: string; readonly item: string },
  each: (item: Entry) => Into,
): Into[] {
  if (!isList(entry.value)) {
    findings.refuse(complaint.at, `${complaint.list}, got ${typeName(entry.value)}`);
    return [];
  }
  const read: Into[] = [];
  for (const item of entry.value) {
    if (isTree(item.value)) read.push(each(item));
    else findings.refuse(item, `${complaint.item}, got ${shownValue(item.value)}`);
  }
  return read;
}

/** Remembers that a block was there. */
export function notePresent(draft: Draft, block: string): void {
  if (!draft.unsupported.includes(block)) draft.unsupported.push(block);
}

export type Table = KeyTable<Draft>;
