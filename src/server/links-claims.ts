// What the accounts of operator mode share and rename, as their claims say, put in force whenever claims come or
// change. [nats-server accounts.go updateAccountClaimsWithRefresh]

import type { Account } from "../account/account.ts";
import type { Directory } from "../account/directory.ts";
import { Exports, type ResponseType, type ServiceExport, type StreamExport } from "../account/exports.ts";
import type { ImportTerms, LinkedAccount } from "../account/linked-account.ts";
import type { LoadedAccount } from "../account/loaded-account.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import type { AccountClaims, Export, Import } from "../identity/account-claims.ts";
import type { Trace } from "../ports/trace.ts";
import { isLiteral, isValidSubject, toWire } from "../subject/subject.ts";
import { mappingsOf, prefixed } from "./links.ts";

const nsPerMs = 1_000_000;
const thresholdMsDefault = 120_000;
const responseTypes: ReadonlyMap<string, ResponseType> = new Map([
  ["Stream", "stream"],
  ["Chunked", "chunked"],
]);

interface Waiting {
  readonly loaded: LoadedAccount;
  /** Imports whose exporters have been looked for. */
  looked: number;
}

export class ClaimLinks {
  readonly #accounts: OperatorAccounts;
  readonly #directory: Directory;
  readonly #trace: Trace;
  /**
   * Accounts whose imports wait to be linked, the last one first: looking for an exporter may load it, and its own imports
   * come before those of whoever asked for it. A list, not a recursion: chains may be long.
   */
  readonly #waiting: Waiting[] = [];
  #linking = false;

  constructor(accounts: OperatorAccounts, directory: Directory, trace: Trace) {
    this.#accounts = accounts;
    this.#directory = directory;
    this.#trace = trace;
  }

  /** Follows the claims from now on. */
  follow(): void {
    this.#accounts.onApplied = (loaded) => this.#apply(loaded);
    this.#accounts.onRemoved = (account) => this.#remove(account);
    this.#accounts.isWanted = (id) => this.#directory.links.isWanted(id);
  }

  #apply(loaded: LoadedAccount): void {
    const { account, claims } = loaded;
    const { mappings, trace, signing_keys: signingKeys } = claims.nats;
    account.map(
      mappingsOf(
        [...mappings].map(([source, destinations]) => [
          source,
          destinations.map((each) => ({ ...each, weight: each.weight === 0 ? 100 : each.weight })),
        ]),
      ),
    );
    const destination = toWire(trace?.dest ?? "");
    const sampling = trace?.sampling ?? 0;
    account.traceDestination = isValidSubject(destination)
      ? { subject: destination, sampling: sampling <= 0 || sampling > 100 ? 100 : sampling }
      : undefined;
    const linked = this.#linkedFor(loaded);
    if (linked !== undefined) {
      linked.signingKeys = new Set([...signingKeys.keys(), ...(loaded.strict ? [] : [account.name])]);
      linked.offer(exportsOf(claims));
    }
    this.#waiting.push({ loaded, looked: 0 });
    if (!this.#linking) this.#linkWaiting();
  }

  /** Who imports from it goes on waiting for it: it may come back. */
  #remove(account: Account): void {
    const { links } = this.#directory;
    const linked = links.known(account);
    if (linked === undefined) return;
    links.setImports(linked, [], (name) => this.#find(name));
    links.setExports(linked, new Exports(), (name) => this.#directory.linked(name));
  }

  /** Accounts that share nothing, and have shared nothing, cost nothing. */
  #linkedFor({ account, claims }: LoadedAccount): LinkedAccount | undefined {
    const { links } = this.#directory;
    const shares =
      claims.nats.exports.length + claims.nats.imports.length > 0 || links.isWanted(account.name);
    return shares ? links.of(account) : links.known(account);
  }

  #linkWaiting(): void {
    const { links } = this.#directory;
    const find = (name: string): LinkedAccount | undefined => this.#find(name);
    this.#linking = true;
    for (let last = this.#waiting.at(-1); last !== undefined; last = this.#waiting.at(-1)) {
      const { imports } = last.loaded.claims.nats;
      if (last.looked < imports.length) {
        find(imports[last.looked++]!.account);
        continue;
      }
      this.#waiting.pop();
      this.#link(last.loaded, find);
      links.relinkImportersOf(last.loaded.account.name, find);
    }
    this.#linking = false;
  }

  #link(loaded: LoadedAccount, find: (name: string) => LinkedAccount | undefined): void {
    const { account, claims } = loaded;
    const linked = this.#linkedFor(loaded);
    if (linked === undefined) return;
    const wanted = claims.nats.imports.map(termsOf);
    for (const { terms, why } of this.#directory.links.setImports(linked, wanted, find)) {
      const what = `import of [${terms.subject}] from account [${terms.account}]`;
      this.#trace.log("debug", `Error adding ${what} to account [${account.name}]: ${why}`);
    }
  }

  #find(name: string): LinkedAccount | undefined {
    const found = this.#accounts.find(name);
    if (typeof found === "object") return this.#directory.links.of(found.account);
    this.#accounts.seek(name);
    return undefined;
  }
}

function exportsOf({ nats }: AccountClaims): Exports {
  const streams: StreamExport[] = [];
  const services: ServiceExport[] = [];
  for (const each of nats.exports) {
    if (each.type === "stream") streams.push(offered(each));
    else if (each.type === "service") services.push(serviceOf(each));
  }
  return new Exports(streams, services);
}

function offered(each: Export): StreamExport {
  return {
    subject: toWire(each.subject),
    accounts: undefined,
    tokenRequired: each.token_req,
    accountPosition: each.account_token_position,
    revocations: each.revocations,
  };
}

function serviceOf(each: Export): ServiceExport {
  const latency = each.service_latency;
  const responseType = responseTypes.get(each.response_type) ?? "singleton";
  return {
    ...offered(each),
    responseType,
    thresholdMs: each.response_threshold > 0 ? each.response_threshold / nsPerMs : thresholdMsDefault,
    latency:
      latency === undefined || responseType !== "singleton" || !isValidSubject(toWire(latency.results))
        ? undefined
        : { subject: toWire(latency.results), sampling: latency.sampling },
    allowTrace: each.allow_trace,
  };
}

/** `to` is the old way: a prefix for streams, and for services it swaps which subject is whose. */
function termsOf(each: Import): ImportTerms {
  const subject = toWire(each.subject);
  const local = toWire(each.local_subject);
  const to = toWire(each.to);
  const rest = {
    account: each.account,
    share: each.share,
    allowTrace: each.allow_trace,
    token: each.token,
  };
  if (local !== "") return { kind: kindOf(each), subject, local, ...rest };
  if (each.type === "service")
    return { kind: "service", subject: to === "" ? subject : to, local: subject, ...rest };
  // A prefix with wildcards is none: with its blank, no subscription matches it.
  const prefix = to === "" ? "" : prefixed(to, subject);
  return { kind: "stream", subject, local: to !== "" && !isLiteral(to) ? " " : prefix, ...rest };
}

function kindOf({ type }: Import): ImportTerms["kind"] {
  return type === "service" ? "service" : "stream";
}
