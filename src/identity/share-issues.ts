// What is wrong with what an account shares: its exports and its imports. [jwt/v2 exports.go, imports.go]

import type { Export, ExportType, Import, ServiceLatency } from "./account-claims.ts";
import type { ActivationClaims } from "./activation-claims.ts";
import { Containment, isContainedIn } from "./containment.ts";
import { decodeActivation } from "./decode.ts";
import { checkInfo, checkSubject, hasWildcards, type Issues, quoted } from "./issues.ts";
import { isPublicKey } from "./nkey.ts";

const serviceResponses = new Set(["", "Singleton", "Stream", "Chunked"]);

export function checkExports(exports: readonly Export[], issues: Issues): void {
  for (const each of exports) checkExport(each, issues);
  const subjects = (isService: boolean): string[] =>
    exports.filter(({ type }) => (type === "service") === isService).map(({ subject }) => subject);
  checkContained("service", subjects(true), issues);
  checkContained("stream", subjects(false), issues);
}

/** The account's own limits on what it may share. */
export function checkShareLimits(
  { imports, exports }: { readonly imports: readonly Import[]; readonly exports: readonly Export[] },
  limits: { readonly imports: number; readonly exports: number; readonly wildcards: boolean },
  limitsAreEmpty: boolean,
  issues: Issues,
): void {
  const tooMany = "the account contains more imports than allowed by the operator";
  // Said twice, as jwt/v2 does.
  if (!limitsAreEmpty && limits.imports >= 0 && imports.length > limits.imports) issues.error(tooMany);
  if (limits.imports !== -1 && imports.length > limits.imports) issues.error(tooMany);
  if (limits.exports === -1) return;
  if (exports.length > limits.exports) {
    issues.error("the account contains more exports than allowed by the operator");
  }
  if (limits.wildcards) return;
  for (const { subject } of exports) {
    if (hasWildcards(subject)) {
      issues.error("the account contains wildcard exports that are not allowed by the operator");
    }
  }
}

function checkExport(each: Export, issues: Issues): void {
  const isService = each.type === "service";
  const isStream = each.type === "stream";
  if (!isService && !isStream) issues.error(`invalid export type: "unknown"`);
  if (isService && !serviceResponses.has(each.response_type)) {
    issues.error(`invalid response type for service: ${quoted(each.response_type)}`);
  }
  if (isStream && each.response_type !== "") {
    issues.error(`invalid response type for stream: ${quoted(each.response_type)}`);
  }
  if (isStream && each.allow_trace) issues.error("AllowTrace only valid for service export");
  if (each.service_latency !== undefined) {
    if (!isService) issues.error("latency tracking only permitted for services");
    checkLatency(each.service_latency, issues);
  }
  if (each.response_threshold < 0) issues.error("negative response threshold is invalid");
  if (each.response_threshold > 0 && !isService) issues.error("response threshold only valid for services");
  checkSubject(each.subject, issues);
  checkTokenPosition(each, issues);
  checkInfo(each, issues);
}

function checkLatency({ sampling, results }: ServiceLatency, issues: Issues): void {
  if (sampling !== 0 && (sampling < 1 || sampling > 100)) {
    issues.error("sampling percentage needs to be between 1-100");
  }
  checkSubject(results, issues);
  if (hasWildcards(results)) issues.error("results subject can not contain wildcards");
}

function checkTokenPosition({ subject, account_token_position: position }: Export, issues: Issues): void {
  if (position === 0) return;
  if (!hasWildcards(subject)) {
    issues.error(`Account Token Position can only be used with wildcard subjects: ${subject}`);
    return;
  }
  const parts = subject.split(".");
  if (position > parts.length) {
    issues.error(`Account Token Position ${position} exceeds length of subject '${subject}'`);
  } else if (parts[position - 1] !== "*") {
    const found = parts[position - 1];
    issues.error(`Account Token Position ${position} matches '${found}' but must match a * in: ${subject}`);
  }
}

function checkContained(kind: ExportType, subjects: readonly string[], issues: Issues): void {
  const counts = new Map<string, number>();
  for (const subject of subjects) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  const containment = new Containment(subjects);
  checkCompared(containment, issues);
  const found = new Map<string, string>();
  for (const inner of subjects) {
    if (counts.get(inner)! > 1 && !found.has(inner)) found.set(inner, inner);
    for (const outer of containment.outersOf(inner)) {
      if (!found.has(outer)) found.set(outer, inner);
    }
  }
  for (const [outer, inner] of found) {
    if (issues.isFull) return;
    issues.error(`${kind} export subject ${quoted(outer)} already exports ${quoted(inner)}`);
  }
}

/** jwt/v2 compares every pair, however long it takes. */
function checkCompared({ isComplete }: Containment, issues: Issues): void {
  if (!isComplete) issues.error("too many subjects with wildcards within each other");
}

/** @param account the importing account's public key. */
export function checkImports(imports: readonly Import[], account: string, issues: Issues): void {
  const asked = new Map<string, Asked>();
  for (const [from, services] of byAccount(imports)) {
    const containment = new Containment(services.map(askedOn));
    checkCompared(containment, issues);
    asked.set(from, { containment, earlier: new Set() });
  }
  for (const each of imports) {
    if (each.type === "service") checkOverlap(each, asked.get(each.account)!, issues);
    checkImport(each, account, issues);
  }
}

/** The subjects on which one account's services are asked. */
interface Asked {
  readonly containment: Containment;
  /** Those already met. */
  readonly earlier: Set<string>;
}

function byAccount(imports: readonly Import[]): Map<string, Import[]> {
  return Map.groupBy(
    imports.filter(({ type }) => type === "service"),
    ({ account }) => account,
  );
}

function askedOn(service: Import): string {
  return service.to || withStars(service.local_subject) || service.subject;
}

/** Services of one account must be told apart by the subjects they are asked on. */
function checkOverlap(service: Import, { containment, earlier }: Asked, issues: Issues): void {
  if (issues.isFull) return;
  const subject = askedOn(service);
  const from = quoted(service.account);
  const tell = (other: string): void => {
    if (issues.isFull || !earlier.has(other)) return;
    const both = `${quoted(subject)} and ${quoted(other)}`;
    issues.error(`overlapping subject namespace for ${both} in same account ${from}`);
  };
  const outers = new Set([subject, ...containment.outersOf(subject)]);
  for (const outer of outers) tell(outer);
  for (const inner of containment.innersOf(subject)) if (!outers.has(inner)) tell(inner);
  if (earlier.has(subject)) {
    issues.error(`overlapping subject namespace for ${quoted(subject)} in account ${from}`);
  }
  earlier.add(subject);
}

function checkImport(each: Import, account: string, issues: Issues): void {
  const isService = each.type === "service";
  if (!isService && each.type !== "stream") issues.error(`invalid import type: "unknown"`);
  if (isService && each.allow_trace) issues.error("AllowTrace only valid for stream import");
  if (each.account === "") issues.error("account to import from is not specified");
  if (each.to !== "") issues.warn("the field to has been deprecated (use LocalSubject instead)");
  checkSubject(each.subject, issues);
  if (each.local_subject !== "") {
    checkRenaming(each.local_subject, each.subject, issues);
    if (each.to !== "") issues.error("Local Subject replaces To");
  }
  if (each.share && !isService) {
    const only = "sharing information (for latency tracking) is only valid for services";
    issues.error(`${only}: ${quoted(each.subject)}`);
  }
  if (each.token === "") return;
  const activation = decodeActivation(each.token);
  if (activation.ok) checkImportToken(each, activation.value, account, issues);
  else issues.error(`import ${quoted(each.subject)} contains an invalid activation token`);
}

function checkImportToken(each: Import, token: ActivationClaims, account: string, issues: Issues): void {
  const name = quoted(each.subject);
  const { nats } = token;
  if (token.iss !== each.account && nats.issuer_account !== each.account) {
    issues.error(`activation token doesn't match account for import ${name}`);
  }
  if (token.sub !== account) {
    issues.error(`activation token doesn't match account it is being included in, ${name}`);
  }
  if (nats.kind !== each.type) {
    issues.error(
      `mismatch between token import type ${nats.kind || "unknown"} and type of import ${each.type || "unknown"}`,
    );
  }
  checkActivation(token, issues);
  const subject = each.type === "service" && each.to !== "" ? each.to : each.subject;
  if (!isContainedIn(subject, nats.subject)) {
    issues.error(`activation token import subject ${quoted(nats.subject)} doesn't match import ${name}`);
  }
}

/** Whether it is in its time is asked of timeIssues. [jwt/v2 activation_claims.go validateWithTimeChecks] */
export function checkActivation({ nats }: ActivationClaims, issues: Issues): void {
  if (nats.kind === "") issues.error(`invalid import type: "unknown"`);
  checkSubject(nats.subject, issues);
  if (nats.issuer_account !== "" && !isPublicKey(nats.issuer_account, "account")) {
    issues.error("account_id is not an account public key");
  }
}

/** [jwt/v2 types.go RenamingSubject] */
function checkRenaming(local: string, from: string, issues: Issues): void {
  checkSubject(local, issues);
  if (from === "") issues.error("subject cannot be empty");
  if (local.includes(" ")) issues.error(`subject ${quoted(local)} cannot have spaces`);
  if (isOpen(local) !== isOpen(from)) {
    issues.error("both, renaming subject and subject, need to end or not end in >");
  }
  const stars = from.split(".").filter((token) => token === "*").length;
  let used = 0;
  for (const token of local.split(".")) {
    const place = reference(token);
    if (place !== undefined && place > stars) {
      const what = `Reference $${place} in ${quoted(local)} reference * in ${quoted(from)}`;
      issues.error(`${what} that do not exist`);
    } else if (token === "*" || place !== undefined) {
      used++;
    }
  }
  if (used !== stars) issues.error("subject does not contain enough * or reference wildcards $[0-9]");
}

function withStars(local: string): string {
  return local
    .split(".")
    .map((token) => (reference(token) === undefined ? token : "*"))
    .join(".");
}

function reference(token: string): number | undefined {
  return /^\$[+-]?\d{1,15}$/.test(token) ? Number(token.slice(1)) : undefined;
}

function isOpen(subject: string): boolean {
  return subject === ">" || subject.endsWith(".>");
}
