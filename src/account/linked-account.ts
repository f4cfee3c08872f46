// An account with what it shares: its exports, and the imports that others' exports allow it.
// [nats-server accounts.go addMappedStreamImportWithClaim, addServiceImportWithClaim]

import type { Alarm } from "../ports/clock.ts";
import { isLiteral, isValidPattern, tokens } from "../subject/subject.ts";
import { identityDestination, Transform } from "../subject/transform.ts";
import type { Account, InterestWatcher } from "./account.ts";
import { isInForce, readActivation } from "./activation.ts";
import { concerns, cycleMistake, type Edge, type LinkKind, type Node } from "./cycles.ts";
import { Exchange } from "./exchange.ts";
import { type Applicant, Exports } from "./exports.ts";
import { ServiceImport } from "./service-import.ts";
import { Shadow, StreamImport } from "./stream-import.ts";
import type { Subscription } from "./subscription.ts";

/** What an account would like to import. Subjects are wire text. */
export interface ImportTerms {
  readonly kind: LinkKind;
  /** The exporting account's name. */
  readonly account: string;
  /** In the exporting account. */
  readonly subject: string;
  /** Here; "" for the same. Wildcards of `subject` are `*`, or `$1` and so on to change their order. */
  readonly local: string;
  /** Services: tells the service everything about who asks. */
  readonly share: boolean;
  /** Streams: traces go on into this account. */
  readonly allowTrace: boolean;
  /** The activation token; "" for none. */
  readonly token: string;
}

export interface ImportMistake {
  readonly terms: ImportTerms;
  /** In nats-server's words. */
  readonly why: string;
}

interface StreamLink {
  readonly exporter: LinkedAccount;
  readonly link: StreamImport;
}

interface ServiceLink {
  readonly exporter: LinkedAccount;
  readonly link: ServiceImport;
}

/** Where the clock's alarms end: longer waits are taken in pieces. */
const alarmMsMax = 2 ** 31 - 1;

export class LinkedAccount implements InterestWatcher, Node {
  readonly account: Account;
  readonly exchange: Exchange;
  /** Keys that may issue activations in the account's name, beside its own. */
  signingKeys: ReadonlySet<string> = new Set();
  #exports = new Exports();
  #wanted: readonly ImportTerms[] = [];
  #streams: StreamLink[] = [];
  #services: ServiceLink[] = [];
  #expiry: Alarm | undefined;
  /** When the first of the activations in use ends, milliseconds since the epoch. */
  #expiresAt = Number.POSITIVE_INFINITY;

  constructor(account: Account) {
    this.account = account;
    this.exchange = new Exchange(account);
    account.watcher = this;
  }

  get name(): string {
    return this.account.name;
  }

  /** What it would like to import, whether it may or not. */
  get wanted(): readonly ImportTerms[] {
    return this.#wanted;
  }

  get exports(): Exports {
    return this.#exports;
  }

  /** Imports in force. */
  get importCount(): number {
    return this.#streams.length + this.#services.length;
  }

  /** Offers this from now on. Those who import are to be linked anew. */
  offer(exports: Exports): void {
    this.#exports = exports;
  }

  /** Imports this from now on, as far as it may; answers what it may not. `find` knows the accounts by name. */
  link(
    wanted: readonly ImportTerms[],
    find: (name: string) => LinkedAccount | undefined,
  ): readonly ImportMistake[] {
    // Looking for an account may bring it in, and that may link this one meanwhile: so nothing is begun before.
    const exporters = wanted.map(({ account }) => find(account));
    const hadStreams = this.#streams.length > 0;
    for (const { link } of this.#services) link.close();
    this.#expiry?.cancel();
    this.#expiry = undefined;
    this.#expiresAt = Number.POSITIVE_INFINITY;
    this.#wanted = wanted;
    this.#streams = [];
    this.#services = [];
    const mistakes: ImportMistake[] = [];
    for (const [place, terms] of wanted.entries()) {
      const exporter = exporters[place];
      const why =
        exporter === undefined
          ? "account missing"
          : terms.kind === "stream"
            ? this.#importStream(exporter, terms)
            : this.#importService(exporter, terms);
      if (why !== undefined) mistakes.push({ terms, why });
    }
    if (hadStreams || this.#streams.length > 0) this.#castAnew();
    this.account.forgetRoutes();
    this.#watchExpiry(find);
    return mistakes;
  }

  // ---- the account's own interest -------------------------------------------------------------------------------

  subscribed(subscription: Subscription): void {
    if (this.#streams.length > 0 && isOrdinary(subscription)) this.#cast(subscription);
  }

  unsubscribed(subscription: Subscription): void {
    lift(subscription);
    this.exchange.interestLost(subscription.subject);
  }

  onward(kind: LinkKind, subject: string): readonly Edge[] {
    if (kind === "service") {
      return this.#services
        .filter(({ link }) => concerns(link.remote, subject))
        .map(({ exporter, link }) => ({ to: exporter, subject: link.local }));
    }
    if (!this.#exports.coversStream(subject)) return [];
    return this.#streams
      .filter(({ link }) => concerns(link.local, subject))
      .map(({ exporter, link }) => ({ to: exporter, subject: link.local }));
  }

  #cast(subscription: Subscription): void {
    const shadows: Subscription[] = [];
    for (const { exporter, link } of this.#streams) {
      const shadow = link.shadowOf(subscription);
      if (shadow === undefined) continue;
      shadows.push(shadow);
      exporter.account.subscribe(shadow);
    }
    subscription.shadows = shadows;
  }

  #castAnew(): void {
    const all: Subscription[] = [];
    this.account.forEachSubscription((each) => {
      if (isOrdinary(each)) all.push(each);
    });
    for (const subscription of all) {
      lift(subscription);
      this.#cast(subscription);
    }
  }

  // ---- imports --------------------------------------------------------------------------------------------------

  #importStream(exporter: LinkedAccount, terms: ImportTerms): string | undefined {
    const { subject } = terms;
    if (
      !isValidPattern(subject) ||
      !exporter.exports.admitsStream(subject, this.#applicant(exporter, terms))
    ) {
      return "stream import not authorized";
    }
    const named = terms.local === "" ? subject : terms.local;
    const local = isLiteral(subject) ? named : withWildcards(named);
    const circle =
      cycleMistake("stream", exporter, local, this) ?? cycleMistake("stream", exporter, subject, this);
    if (circle !== undefined) return circle;
    const transform = transformOf(subject, named);
    if (typeof transform === "string") {
      return `failed to create mapping transform for stream import subject from "${subject}" to "${named}": ${transform}`;
    }
    if (this.#streams.some((other) => other.exporter === exporter && other.link.remote === subject)) {
      return "stream import already exists";
    }
    const link = new StreamImport({
      importer: this.account,
      exporter: exporter.account,
      remote: subject,
      local,
      transform,
      allowTrace: terms.allowTrace,
    });
    this.#streams.push({ exporter, link });
    return undefined;
  }

  #importService(exporter: LinkedAccount, terms: ImportTerms): string | undefined {
    const { subject } = terms;
    const named = terms.local === "" ? subject : terms.local;
    if (!isValidPattern(subject) || !isValidPattern(named)) return "sublist: invalid subject";
    if (!exporter.exports.admitsService(subject, this.#applicant(exporter, terms))) {
      return "service import not authorized";
    }
    const local = isLiteral(subject) ? named : withWildcards(named);
    const circle = cycleMistake("service", exporter, local, this);
    if (circle !== undefined) return circle;
    if (this.#services.some((other) => other.exporter === exporter && other.link.local === local)) {
      return `duplicate service import subject "${local}", previously used in import for account "${exporter.name}"`;
    }
    const transform = transformOf(subject, named);
    const back = typeof transform === "string" ? undefined : transform?.reversed();
    if (typeof transform === "string" || (transform !== undefined && back === undefined)) {
      return `failed to create mapping transform for service import subject from "${named}" to "${subject}"`;
    }
    const link = new ServiceImport(this.exchange, {
      destination: exporter.exchange,
      export: exporter.exports.service(subject),
      local,
      remote: subject,
      transform: back,
      share: terms.share,
    });
    this.#services.push({ exporter, link });
    link.open();
    return undefined;
  }

  #applicant(exporter: LinkedAccount, { token, kind, subject }: ImportTerms): Applicant {
    const { clock } = this.account.surroundings;
    return {
      name: this.name,
      activated: (revocations) => {
        const request = { token, importer: this.name, exporter: exporter.name, kind, subject };
        const claims = readActivation(request, (key) => exporter.signingKeys.has(key));
        if (claims === undefined || !isInForce(claims, revocations, clock.now())) return false;
        if (claims.exp > 0) this.#expiresAt = Math.min(this.#expiresAt, claims.exp * 1_000);
        return true;
      },
    };
  }

  #watchExpiry(find: (name: string) => LinkedAccount | undefined): void {
    if (!Number.isFinite(this.#expiresAt)) return;
    const { clock } = this.account.surroundings;
    const leftMs = Math.min(Math.max(0, this.#expiresAt - clock.now()), alarmMsMax);
    this.#expiry = clock.after(leftMs, () => {
      this.#expiry = undefined;
      if (clock.now() < this.#expiresAt) this.#watchExpiry(find);
      else this.link(this.#wanted, find);
    });
  }
}

function lift(subscription: Subscription): void {
  const { shadows } = subscription;
  if (shadows.length === 0) return;
  subscription.shadows = [];
  for (const shadow of shadows) (shadow.subscriber as Shadow).lift(shadow);
}

/** Held by somebody of the account itself, not by a link to another one. */
function isOrdinary({ subscriber }: Subscription): boolean {
  return !(
    subscriber instanceof Shadow ||
    subscriber instanceof ServiceImport ||
    subscriber instanceof Exchange
  );
}

/** From the exporter's subjects to the importer's; undefined where none is needed, a text says why there is none. */
function transformOf(remote: string, local: string): Transform | undefined | string {
  if (isLiteral(remote) || local === remote) return undefined;
  const parsed = Transform.parse(remote, identityDestination(local), true);
  return parsed.kind === "refused" ? parsed.message : parsed.transform;
}

/** `$1` and the like stand for wildcards. [nats-server subject_transform.go transformUntokenize] */
function withWildcards(subject: string): string {
  return tokens(subject)
    .map((token) => (/^\$[1-9]|^\{\{\s*[wW]ildcard\s*\([^)]+\)\s*\}\}$/.test(token) ? "*" : token))
    .join(".");
}
