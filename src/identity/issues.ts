// What is wrong with claims that decode: rules that jwt/v2 holds them to, each told in its words.
// [jwt/v2 validation.go, types.go]

import type { PermissionClaims, Registered, UserPermissionLimits } from "./fields.ts";
import { parseNetwork } from "./network.ts";

/** More of a kind are not told; a JWT that has so many wrong needs no longer list. */
const issuesMax = 1_000;
/** Nor after this many characters of errors: one subject may be as long as its JWT, and be named in each of them. */
const issuesCharactersMax = 1024 * 1024;

/** Collected in the order in which jwt/v2 looks. */
export class Issues {
  /** Nobody may use the claims while there are any. */
  readonly blocking: string[] = [];
  /** Worth telling, no more. */
  readonly warnings: string[] = [];
  #characters = 0;

  /** Whether no further error would be kept. */
  get isFull(): boolean {
    return this.blocking.length >= issuesMax || this.#characters >= issuesCharactersMax;
  }

  error(text: string): void {
    if (this.isFull) return;
    this.blocking.push(text);
    this.#characters += text.length;
  }

  warn(text: string): void {
    if (this.warnings.length < issuesMax) this.warnings.push(text);
  }
}

const infoBytesMax = 8 * 1024;

/** Whether claims are out of their time: jwt/v2 reports such apart, because a JWT may be kept that is not valid now. */
export function timeIssues(claims: Registered, nowMs: number): readonly string[] {
  const now = Math.floor(nowMs / 1_000);
  const issues: string[] = [];
  if (claims.exp > 0 && now > claims.exp) issues.push("claim is expired");
  if (claims.nbf > 0 && claims.nbf > now) issues.push("claim is not yet valid");
  return issues;
}

export function checkSubject(subject: string, issues: Issues): void {
  if (subject === "") {
    issues.error("subject cannot be empty");
    return;
  }
  if (subject.includes(" ")) issues.error(`subject ${quoted(subject)} cannot have spaces`);
  if (subject.startsWith(".") || subject.endsWith(".")) {
    issues.error(`subject ${quoted(subject)} cannot start or end with a \`.\``);
  }
  if (subject.includes("..")) issues.error(`subject ${quoted(subject)} cannot contain consecutive \`.\``);
}

export function hasWildcards(subject: string): boolean {
  return (
    subject === "*" ||
    subject === ">" ||
    subject.startsWith("*.") ||
    subject.includes(".*.") ||
    subject.endsWith(".*") ||
    subject.endsWith(".>")
  );
}

/** Subjects of permissions may name a queue after a blank: only where one subscribes. */
export function checkPermissions({ pub, sub }: PermissionClaims, issues: Issues): void {
  for (const entry of [...(sub.allow ?? []), ...(sub.deny ?? [])]) checkPermission(entry, true, issues);
  for (const entry of [...(pub.allow ?? []), ...(pub.deny ?? [])]) checkPermission(entry, false, issues);
}

function checkPermission(entry: string, permitQueue: boolean, issues: Issues): void {
  const parts = entry.split(" ");
  if (parts.length > 2) {
    issues.error(`Permission Subject "${entry}" contains too many spaces`);
    return;
  }
  for (const part of parts) checkSubject(part, issues);
  if (parts.length === 2 && !permitQueue) {
    issues.error(`Permission Subject "${entry}" is not allowed to contain queue`);
  }
}

/** From where and when a user may connect. */
export function checkUserLimits({ src, times, times_location }: UserPermissionLimits, issues: Issues): void {
  for (const network of src ?? []) {
    if (parseNetwork(network) === undefined)
      issues.error(`invalid cidr ${quoted(network)} in user src limits`);
  }
  for (const { start, end } of times ?? []) {
    if (start === "") issues.error("time ranges start must contain a start");
    else if (!isTimeOfDay(start)) issues.error(`start in time range is invalid ${quoted(start)}`);
    if (end === "") issues.error("time ranges end must contain an end");
    else if (!isTimeOfDay(end)) issues.error(`end in time range is invalid ${quoted(end)}`);
  }
  if (times_location !== "" && !isTimeZone(times_location)) {
    issues.error(`could not parse iana time zone by name: unknown time zone ${times_location}`);
  }
}

export function checkInfo(
  info: { readonly description: string; readonly info_url: string },
  issues: Issues,
): void {
  if (Buffer.byteLength(info.description) > infoBytesMax) issues.error("Description is too long");
  const url = info.info_url;
  if (url === "") return;
  if (Buffer.byteLength(url) > infoBytesMax) issues.error("Info URL is too long");
  const mistake = urlMistake(url);
  if (mistake !== undefined) issues.error(`error parsing info url: ${mistake}`);
}

/** As Go's %q shows a text. */
export function quoted(text: string): string {
  let shown = "";
  for (const mark of text) {
    const code = mark.codePointAt(0)!;
    const short = shortEscapes.get(mark);
    if (short !== undefined) shown += short;
    else if (code < 0x20 || code === 0x7f) shown += `\\x${code.toString(16).padStart(2, "0")}`;
    else shown += mark;
  }
  return `"${shown}"`;
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

/** Go's "15:04:05": hours may have one digit, seconds a fraction. */
function isTimeOfDay(text: string): boolean {
  const found = /^(\d{1,2}):(\d{2}):(\d{2})([.,]\d+)?$/.exec(text);
  return found !== null && Number(found[1]) < 24 && Number(found[2]) < 60 && Number(found[3]) < 60;
}

function isTimeZone(name: string): boolean {
  if (name === "Local" || name === "UTC") return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function urlMistake(url: string): string | undefined {
  const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?#]*@)?([^/?#]*))?/.exec(url);
  const host = (shape?.[2] ?? "").replace(/:\d*$/, "");
  return shape?.[1] === undefined || host === "" ? "no hostname or scheme" : undefined;
}
