// Finds exports and imports between accounts that do not fit together: no such account, not exported, not allowed,
// in a circle. [nats-server opts.go parseAccounts, accounts.go addStreamImportWithClaim, addServiceImportWithClaim]

import { isSubset, overlaps } from "../../subject/pattern.ts";
import { isLiteral, isValidPattern, tokens } from "../../subject/subject.ts";
import { identityDestination, Transform } from "../../subject/transform.ts";
import type {
  AccountOptions,
  ServiceExportOptions,
  ServiceImportOptions,
  StreamExportOptions,
  StreamImportOptions,
} from "./options-access.ts";
import { quoted } from "./quoted.ts";
import { bytesOf, textOf } from "./rune.ts";

/** Accounts followed when looking for a circle. [MaxAccountCycleSearchDepth] */
const searchDepthMax = 1_024;

const invalidSubject = "sublist: invalid subject";
const cycle = "import forms a cycle";
const depthExhausted = "search cycle depth exhausted";

interface Grant {
  /** Undefined: everybody. */
  approved: Set<string> | undefined;
  position: number;
  singleton: boolean;
}

interface Link {
  readonly exporter: Linked;
  /** In the exporting account. */
  readonly remote: string;
  /** In the importing account. */
  readonly local: string;
}

/** An account with the links that were found good so far. */
class Linked {
  readonly name: string;
  readonly streamExports = new Map<string, Grant>();
  readonly serviceExports = new Map<string, Grant>();
  readonly streamImports: Link[] = [];
  readonly serviceImports: Link[] = [];

  constructor(name: string) {
    this.name = name;
  }
}

/** nats-server's words for each link that cannot be. */
export function* linkMistakes(
  accounts: readonly AccountOptions[],
  systemAccountDisabled: boolean,
): Generator<string> {
  const linked = new Map(accounts.map(({ name }) => [name, new Linked(name)]));
  const each = function* <T>(list: (account: AccountOptions) => readonly T[]): Generator<[Linked, T]> {
    for (const account of accounts) for (const item of list(account)) yield [linked.get(account.name)!, item];
  };
  for (const [account, stream] of each((options) => options.exports.streams)) {
    yield* unknownAccounts(stream, "stream", linked);
    const mistake = grant(account.streamExports, stream, linked, true);
    if (mistake !== undefined) yield `Error adding stream export ${quoted(stream.subject)}: ${mistake}`;
  }
  for (const [account, service] of each((options) => options.exports.services)) {
    yield* unknownAccounts(service, "service", linked);
    const mistake = exportService(account, service, linked, systemAccountDisabled);
    if (mistake !== undefined) yield mistake;
  }
  for (const [account, stream] of each((options) => options.imports.streams)) {
    const exporter = linked.get(stream.account);
    if (exporter === undefined) yield `${quoted(stream.account)} account not defined for stream import`;
    const mistake = exporter === undefined ? undefined : importStream(account, exporter, stream);
    if (mistake !== undefined) yield `Error adding stream import ${quoted(stream.subject)}: ${mistake}`;
  }
  for (const [account, service] of each((options) => options.imports.services)) {
    const exporter = linked.get(service.account);
    if (exporter === undefined) yield `${quoted(service.account)} account not defined for service import`;
    const mistake = exporter === undefined ? undefined : importService(account, exporter, service);
    if (mistake !== undefined) yield `Error adding service import ${quoted(service.subject)}: ${mistake}`;
  }
}

function* unknownAccounts(
  { accounts }: StreamExportOptions,
  kind: "stream" | "service",
  linked: ReadonlyMap<string, Linked>,
): Generator<string> {
  for (const name of accounts ?? []) {
    if (!linked.has(name)) yield `${quoted(name)} account not defined for ${kind} export`;
  }
}

/** Exports of one subject add up. */
function grant(
  exports: Map<string, Grant>,
  { subject, accounts, accountTokenPosition: position }: StreamExportOptions,
  linked: ReadonlyMap<string, Linked>,
  singleton: boolean,
): string | undefined {
  if (position > 0 && tokens(subject)[position - 1] !== "*") return invalidSubject;
  const known = accounts?.filter((name) => linked.has(name)) ?? [];
  const existing = exports.get(subject);
  const approved = existing?.approved;
  exports.set(subject, {
    approved: known.length === 0 ? approved : new Set([...(approved ?? []), ...known]),
    position: known.length > 0 || position > 0 ? position : (existing?.position ?? 0),
    singleton: singleton && (existing?.singleton ?? true),
  });
  return undefined;
}

function exportService(
  account: Linked,
  service: ServiceExportOptions,
  linked: ReadonlyMap<string, Linked>,
  systemAccountDisabled: boolean,
): string | undefined {
  const { subject, latency } = service;
  const mistake = grant(account.serviceExports, service, linked, service.responseType === "singleton");
  if (mistake !== undefined) return `Error adding service export ${quoted(subject)}: ${mistake}`;
  if (latency === undefined) return undefined;
  const sampling = `Error adding service latency sampling for ${quoted(subject)}`;
  if (systemAccountDisabled) return `${sampling}: system account not setup`;
  const wrong = latencyMistake(account, subject, latency.subject);
  return wrong === undefined ? undefined : `${sampling} on subject ${quoted(latency.subject)}: ${wrong}`;
}

function latencyMistake(account: Linked, service: string, results: string): string | undefined {
  const publishable = isValidPattern(results) && isLiteral(results);
  // Results that were requests to a service of ours would measure themselves for ever.
  if (!publishable || covering(account.serviceExports, results) !== undefined)
    return "invalid publish subject";
  return account.serviceExports.get(service)?.singleton ? undefined : "bad service response type";
}

/** The export that a subject falls under: itself, or the first pattern that covers it. */
function covering(exports: ReadonlyMap<string, Grant>, subject: string): Grant | undefined {
  const exact = exports.get(subject);
  if (exact !== undefined) return exact;
  for (const [pattern, found] of exports) if (isSubset(subject, pattern)) return found;
  return undefined;
}

function mayImport(exports: ReadonlyMap<string, Grant>, importer: string, subject: string): boolean {
  const found = covering(exports, subject);
  if (found === undefined) return false;
  const { approved, position } = found;
  if (position > 0) return !exports.has(subject) && tokens(subject)[position - 1] === importer;
  return approved === undefined || approved.has(importer);
}

function importStream(account: Linked, exporter: Linked, stream: StreamImportOptions): string | undefined {
  const { subject, prefix } = stream;
  if (!isValidPattern(subject) || !mayImport(exporter.streamExports, account.name, subject)) {
    return "stream import not authorized";
  }
  if (prefix !== "" && !isLiteral(prefix)) return "stream import prefix can not contain wildcard tokens";
  const separated = prefix === "" || prefix.endsWith(".") ? prefix : `${prefix}.`;
  const local = prefix === "" ? stream.to || subject : separated + subject;
  const circle = streamCycle(exporter, local, account) ?? streamCycle(exporter, subject, account);
  if (circle !== undefined) return circle;
  const untransformable = local === subject ? undefined : transformMistake(subject, local);
  if (untransformable !== undefined) {
    const names = `stream import subject from ${quoted(subject)} to ${quoted(local)}`;
    return `failed to create mapping transform for ${names}: ${untransformable}`;
  }
  const twin = account.streamImports.some((link) => link.exporter === exporter && link.remote === subject);
  if (twin) return "stream import already exists";
  account.streamImports.push({ exporter, remote: subject, local });
  return undefined;
}

function importService(account: Linked, exporter: Linked, service: ServiceImportOptions): string | undefined {
  const { subject, to } = service;
  if (!isValidPattern(subject) || !isValidPattern(to)) return invalidSubject;
  if (!mayImport(exporter.serviceExports, account.name, subject)) return "service import not authorized";
  const circle = serviceCycle(exporter, isLiteral(subject) ? to : withWildcards(to), account);
  if (circle !== undefined) return circle;
  const untransformable = to === subject ? undefined : transformMistake(subject, to);
  if (untransformable !== undefined) {
    const names = `service import subject from ${quoted(to)} to ${quoted(subject)}`;
    return `failed to create mapping transform for ${names}: ${untransformable}`;
  }
  account.serviceImports.push({ exporter, remote: subject, local: to });
  return undefined;
}

/** A pattern that appears under another subject must be reversible. */
function transformMistake(source: string, destination: string): string | undefined {
  if (isLiteral(source)) return undefined;
  const parsed = Transform.parse(bytesOf(source), identityDestination(bytesOf(destination)), true);
  return parsed.kind === "refused" ? textOf(parsed.message) : undefined;
}

/** `$1` and the like stand for wildcards. */
function withWildcards(subject: string): string {
  return subject
    .split(".")
    .map((token) => (/^\$[1-9]|^\{\{\s*[wW]ildcard\s*\([^)]+\)\s*\}\}$/.test(token) ? "*" : token))
    .join(".");
}

/** Follows imports of `links` out of `start`; text answered is a mistake. */
function findCycle(
  start: Linked,
  subject: string,
  importer: Linked,
  step: (account: Linked, subject: string) => readonly { readonly next: Linked; readonly subject: string }[],
): string | undefined {
  const visited = new Set([importer.name]);
  const ahead = [{ next: start, subject }];
  // An account that leads on is expanded once: meeting it again is a circle. So this ends after as many steps as
  // there are links.
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    if (visited.size >= searchDepthMax) return depthExhausted;
    const { next: account, subject: here } = at;
    const onward = step(account, here);
    if (onward.some(({ next }) => visited.has(next.name))) return cycle;
    if (onward.length > 0) visited.add(account.name);
    ahead.push(...onward);
  }
  return undefined;
}

function serviceCycle(exporter: Linked, subject: string, importer: Linked): string | undefined {
  return findCycle(exporter, subject, importer, (account, here) =>
    account.serviceImports
      .filter(({ remote }) => overlaps(here, remote))
      .map(({ exporter: next, local }) => ({ next, subject: isSubset(local, here) ? local : here })),
  );
}

function streamCycle(exporter: Linked, subject: string, importer: Linked): string | undefined {
  return findCycle(exporter, subject, importer, (account, here) => {
    const exported = [...account.streamExports.keys()].some((pattern) => isSubset(here, pattern));
    if (!exported) return [];
    return account.streamImports
      .filter(({ local }) => overlaps(here, local))
      .map(({ exporter: next, local }) => ({ next, subject: isSubset(local, here) ? local : here }));
  });
}
