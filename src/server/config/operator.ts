// Reads operator mode: trusted operators and keys, the system account they name, preloaded and pinned accounts.
// [nats-server opts.go "operator", "trusted", "resolver_preload", jwt.go readOperatorJWT]
import { isPublicKey } from "../../identity/nkey.ts";
import type { Draft } from "./draft.ts";
import { isParsableUrl } from "./elsewhere.ts";
import type { Findings } from "./findings.ts";
import { isAccountJwt, readOperatorJwt } from "./operator-jwt.ts";
import { readFailure } from "./outside.ts";
import { quoted } from "./quoted.ts";
import type { Reading, TopReader } from "./reader.ts";
import { textOf } from "./rune.ts";
import { readTls } from "./tls.ts";
import { type Entry, isList, isTree, typeName } from "./tree.ts";

/** What every JWT begins with: how an operator that is written in place is told from a path. */
const jwtPrefix = "eyJ";
const jwtFileBytesMax = 1024 * 1024;

/** A path, a JWT, or a list of them. */
export const operators: TopReader = (draft, entry, reading) => {
  const { findings } = reading;
  const wrong = "error parsing operators: unsupported type";
  const sources: string[] = [];
  if (typeof entry.value === "string") sources.push(entry.value);
  else if (isList(entry.value)) {
    for (const item of entry.value) {
      if (typeof item.value === "string") sources.push(item.value);
      else findings.refuse(entry, `${wrong} *conf.token where string is expected`);
    }
  } else findings.refuse(entry, `${wrong} ${typeName(entry.value)}`);
  draft.operators = [];
  for (const source of sources) readOperator(source, draft, entry, reading);
  applyOnlyOperator(draft);
};

function readOperator(source: string, draft: Draft, entry: Entry, { findings, outside }: Reading) {
  const wrong = "error parsing operator JWT:";
  const read = outside.readFile(source);
  if (read.kind === "failed" && !source.startsWith(jwtPrefix)) {
    return findings.refuse(entry, `${wrong} ${readFailure(source, read.code)}`);
  }
  if (read.kind === "read" && read.bytes.length > jwtFileBytesMax) {
    return findings.refuse(entry, `${wrong} file is larger than ${jwtFileBytesMax} bytes`);
  }
  const contents = read.kind === "read" ? textOf(Buffer.from(read.bytes).toString("latin1")) : source;
  const operator = readOperatorJwt(undecorated(contents));
  if (typeof operator === "string") return findings.refuse(entry, `${wrong} ${operator}`);
  draft.operators.push(operator);
}

/** The JWT between two lines of dashes, or all of the text. [jwt/v2 ParseDecoratedJWT] */
function undecorated(contents: string): string {
  const lines = contents.split(/\r?\n/);
  const isRule = (line: string | undefined): boolean => line !== undefined && /^\s*-{3,}.*-{3,}$/.test(line);
  const at = lines.findIndex(
    (line, index) => /^[\w\-.=]+$/.test(line) && isRule(lines[index - 1]) && isRule(lines[index + 1]),
  );
  return at < 0 ? contents : lines[at]!;
}

/** A single operator may itself name a resolver and the system account; what the file says counts more. */
function applyOnlyOperator(draft: Draft): void {
  const [operator, another] = draft.operators;
  if (operator === undefined || another !== undefined) return;
  const url = operator.accountServerUrl.trim();
  if (draft.resolver === undefined && isParsableUrl(url)) {
    // nsc puts "/accounts" behind it when it pushes.
    draft.resolver = { kind: "url", url: `${url}/accounts/`, tls: undefined };
  }
  draft.systemAccount ||= operator.systemAccount;
}

export const preload: TopReader = (draft, entry, { findings }) => {
  if (!isTree(entry.value)) {
    return findings.refuse(entry, "preload should be a map of account_public_key:account_jwt");
  }
  draft.preload = new Map();
  for (const [key, item] of entry.value) {
    if (typeof item.value !== "string") {
      findings.refuse(item, "preload map value should be a string JWT");
    } else if (!isAccountJwt(item.value)) findings.refuse(item, "invalid account JWT");
    else draft.preload.set(key, item.value);
  }
};

export const pinnedAccounts: TopReader = (draft, entry, { findings }) => {
  draft.pinnedAccounts = new Set(readKeyList(entry, findings, "resolver_pinned_accounts"));
};

export const trustedKeys: TopReader = (draft, entry, { findings }) => {
  draft.trustedKeys = readKeyList(entry, findings, "trusted");
  // An error about a list has the place of its last item.
  const at = isList(entry.value) ? entry.value.at(-1) : entry;
  for (const key of draft.trustedKeys) {
    if (isPublicKey(key, "operator")) continue;
    findings.refuse(at, `trust key ${quoted(key)} required to be a valid public operator nkey`);
  }
};

function readKeyList(entry: Entry, findings: Findings, field: string): string[] {
  if (typeof entry.value !== "string" && !isList(entry.value)) {
    findings.refuse(entry, `error parsing ${field}: unsupported type ${typeName(entry.value)}`);
    return [];
  }
  return findings.texts(entry, field) ?? [];
}

export const resolverTls: TopReader = (draft, entry, reading) => {
  draft.resolverTls = readTls(entry, reading);
};
