// What the accounts of a configuration share and rename, put in force: exports, imports, mappings, trace destinations.
// [nats-server opts.go parseAccounts, server.go configureAccounts]

import type { Directory } from "../account/directory.ts";
import { Exports, type ServiceExport, type StreamExport } from "../account/exports.ts";
import type { ImportTerms } from "../account/linked-account.ts";
import type { Trace } from "../ports/trace.ts";
import { Mapping, type MappingDestination, Mappings } from "../subject/mapping.ts";
import { toWire } from "../subject/subject.ts";
import type { ServerOptions } from "./config/options.ts";
import type { AccountOptions, StreamExportOptions } from "./config/options-access.ts";

/** Can be called again for a reload: what is no longer listed goes. */
export function linkAccounts(options: ServerOptions, directory: Directory, trace: Trace): void {
  const listed = merged(options.accounts);
  const { links } = directory;
  const find = (name: string) => directory.linked(name);
  for (const account of directory.all()) {
    const options = listed.get(account.name);
    account.map(
      mappingsOf((options?.mappings ?? []).map((mapping) => [mapping.source, mapping.destinations])),
    );
    account.traceDestination =
      options?.trace === undefined
        ? undefined
        : { subject: toWire(options.trace.destination), sampling: options.trace.sampling };
    const exports = exportsOf(options);
    if (exports !== undefined) links.of(account).offer(exports);
    else links.known(account)?.offer(new Exports());
  }
  for (const account of directory.all()) {
    const wanted = termsOf(listed.get(account.name));
    const linked = wanted.length > 0 ? links.of(account) : links.known(account);
    if (linked === undefined) continue;
    for (const { terms, why } of links.setImports(linked, wanted, find)) {
      trace.log("error", `Import of "${terms.subject}" by account ${account.name} is left out: ${why}`);
    }
  }
}

/** Mappings by source; one that cannot be is left out, as a configuration's have been tried before. */
export function mappingsOf(sources: Iterable<readonly [string, readonly MappingDestination[]]>): Mappings {
  const mappings = new Mappings();
  for (const [source, destinations] of sources) {
    const wired = destinations.map((each) => ({ ...each, subject: toWire(each.subject) }));
    const parsed = Mapping.parse(toWire(source), wired);
    if (parsed.kind === "mapping") mappings.set(parsed.mapping);
  }
  return mappings;
}

/** An account may be listed twice: mappings outside of accounts are the global account's. */
function merged(accounts: readonly AccountOptions[]): ReadonlyMap<string, AccountOptions> {
  const byName = new Map<string, AccountOptions>();
  for (const account of accounts) {
    const known = byName.get(account.name);
    byName.set(
      account.name,
      known === undefined ? account : { ...known, mappings: [...known.mappings, ...account.mappings] },
    );
  }
  return byName;
}

const noRevocations: ReadonlyMap<string, number> = new Map();

function exportsOf(options: AccountOptions | undefined): Exports | undefined {
  if (options === undefined) return undefined;
  const { streams, services } = options.exports;
  if (streams.length + services.length === 0) return undefined;
  const streamExports = new Map<string, StreamExport>();
  for (const stream of streams) {
    const subject = toWire(stream.subject);
    streamExports.set(subject, { subject, ...granted(stream, streamExports.get(subject)) });
  }
  const serviceExports = new Map<string, ServiceExport>();
  for (const service of services) {
    const subject = toWire(service.subject);
    const { latency, responseType } = service;
    const known = serviceExports.get(subject);
    serviceExports.set(subject, {
      subject,
      ...granted(service, known),
      responseType: responseType === "singleton" ? (known?.responseType ?? responseType) : responseType,
      thresholdMs: service.responseThresholdMs,
      latency: latency === undefined ? known?.latency : { ...latency, subject: toWire(latency.subject) },
      allowTrace: service.allowTrace,
    });
  }
  return new Exports([...streamExports.values()], [...serviceExports.values()]);
}

/** Exports of one subject add up. */
function granted(
  options: StreamExportOptions,
  known: StreamExport | undefined,
): Omit<StreamExport, "subject"> {
  const { accounts, accountTokenPosition } = options;
  const says = accounts !== undefined || accountTokenPosition > 0;
  return {
    accounts: accounts === undefined ? known?.accounts : new Set([...(known?.accounts ?? []), ...accounts]),
    tokenRequired: false,
    accountPosition: says ? accountTokenPosition : (known?.accountPosition ?? 0),
    revocations: noRevocations,
  };
}

function termsOf(options: AccountOptions | undefined): readonly ImportTerms[] {
  if (options === undefined) return [];
  const { streams, services } = options.imports;
  return [
    ...streams.map(({ account, subject, to, prefix, allowTrace }): ImportTerms => {
      const local = prefix === "" ? to : prefixed(prefix, subject);
      return { kind: "stream", account, ...subjects(subject, local), share: false, allowTrace, token: "" };
    }),
    ...services.map(({ account, subject, to, share }): ImportTerms => {
      return { kind: "service", account, ...subjects(subject, to), share, allowTrace: false, token: "" };
    }),
  ];
}

function subjects(subject: string, local: string): { subject: string; local: string } {
  return { subject: toWire(subject), local: toWire(local) };
}

export function prefixed(prefix: string, subject: string): string {
  return prefix.endsWith(".") ? prefix + subject : `${prefix}.${subject}`;
}
