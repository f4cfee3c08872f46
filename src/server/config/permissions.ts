// Reads what a user may publish and subscribe to, in all the shapes a configuration may give it.
// [nats-server opts.go parseUserPermissions]
import { isValidPattern } from "../../subject/subject.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import type {
  PermissionOptions,
  ResponsePermissionOptions,
  SubjectPermissionOptions,
} from "./options-access.ts";
import { quoted } from "./quoted.ts";
import { type Entry, isList, isTree, shownValue, type Tree, typeName } from "./tree.ts";

const responseMessagesDefault = 1;
const responseExpiresMsDefault = 120_000;

const publishKeys = new Set(["pub", "publish", "import"]);
const subscribeKeys = new Set(["sub", "subscribe", "export"]);
const responseKeys = new Set(["publish_allow_responses", "allow_responses"]);

/** Undefined after a finding that leaves nothing to go by. */
export function readPermissions(entry: Entry, findings: Findings): PermissionOptions | undefined {
  if (!isTree(entry.value)) {
    const shown = shownValue(entry.value);
    findings.refuse(entry, `Expected permissions to be a map/struct, got ${shown}`);
    return undefined;
  }
  let publish: SubjectPermissionOptions | undefined;
  let subscribe: SubjectPermissionOptions | undefined;
  let response: ResponsePermissionOptions | undefined;
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    if (publishKeys.has(name)) publish = readSubjectPermission(item, findings, false);
    else if (subscribeKeys.has(name)) subscribe = readSubjectPermission(item, findings, true);
    else if (responseKeys.has(name)) response = readResponse(item, findings);
    else if (!item.referenced) findings.refuse(item, `Unknown field ${quoted(key)} parsing permissions`);
  }
  // Whoever may only answer may not publish anything else, unless that is allowed expressly.
  if (response !== undefined) publish = { allow: publish?.allow ?? [], deny: publish?.deny };
  return { publish, subscribe, response };
}

/** A subject, a list of them, or a map of `allow` and `deny`. */
function readSubjectPermission(
  entry: Entry,
  findings: Findings,
  queues: boolean,
): SubjectPermissionOptions | undefined {
  if (isTree(entry.value)) return readAllowDeny(entry.value, findings, queues);
  // In this shape nats-server tells no place.
  const allow = readSubjects(entry, findings, queues, undefined);
  return allow === undefined ? undefined : { allow: allow.length === 0 ? undefined : allow, deny: undefined };
}

function readAllowDeny(
  tree: Tree,
  findings: Findings,
  queues: boolean,
): SubjectPermissionOptions | undefined {
  if (tree.size === 0) return undefined;
  let allow: readonly string[] | undefined;
  let deny: readonly string[] | undefined;
  for (const [key, item] of tree) {
    const name = key.toLowerCase();
    if (name === "allow" || name === "deny") {
      const subjects = readSubjects(item, findings, queues, item);
      // An empty list says nothing.
      const said = subjects === undefined || subjects.length === 0 ? undefined : subjects;
      if (name === "allow") allow = said;
      else deny = said;
    } else if (!item.referenced) {
      const allowed = "only 'allow' or 'deny' are permitted";
      findings.refuse(item, `Unknown field name ${quoted(key)} parsing subject permissions, ${allowed}`);
    }
  }
  return { allow, deny };
}

/** @param at where findings about the whole list are placed. */
export function readSubjects(
  entry: Entry,
  findings: Findings,
  queues: boolean,
  at: Entry | undefined,
): readonly string[] | undefined {
  const subjects: string[] = [];
  if (typeof entry.value === "string") subjects.push(entry.value);
  else if (isList(entry.value)) {
    for (const item of entry.value) {
      if (typeof item.value === "string") subjects.push(item.value);
      else {
        findings.refuse(item, "Subject in permissions array cannot be cast to string");
        return undefined;
      }
    }
  } else {
    const expected = "Expected subject permissions to be a subject, or array of subjects";
    findings.refuse(at, `${expected}, got ${typeName(entry.value)}`);
    return undefined;
  }
  const mistake = subjectsMistake(subjects, queues);
  if (mistake === undefined) return subjects;
  findings.refuse(at, mistake);
  return undefined;
}

/** What is wrong with permission subjects. With `queues`, an entry may be "subject queue". [checkPermSubjectArray] */
export function subjectsMistake(subjects: readonly string[], queues: boolean): string | undefined {
  for (const subject of subjects) {
    if (isValidPattern(subject)) continue;
    const parts = subject.split(/\s+/u).filter((part) => part !== "");
    const [pattern = "", queue = ""] = parts;
    if (!queues || parts.length !== 2) return `subject ${quoted(subject)} is not a valid subject`;
    if (!isValidPattern(pattern)) return `subject ${quoted(pattern)} is not a valid subject`;
    if (!isValidPattern(queue)) return `queue ${quoted(queue)} is not a valid queue`;
  }
  return undefined;
}

function readResponse(entry: Entry, findings: Findings): ResponsePermissionOptions | undefined {
  const response = { messagesMax: responseMessagesDefault, expiresMs: responseExpiresMsDefault };
  if (typeof entry.value === "boolean") return entry.value ? response : undefined;
  if (!isTree(entry.value)) {
    findings.refuse(entry, "error parsing response permissions, expected a boolean or a map");
    return undefined;
  }
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    // 0 stands for the default, below it for no limit.
    if (["max", "max_msgs", "max_messages", "max_responses"].includes(name)) {
      response.messagesMax = findings.integer(item) || response.messagesMax;
    } else if (["expires", "expiration", "ttl"].includes(name)) {
      response.expiresMs = readExpiry(item, findings) || response.expiresMs;
    } else if (!item.referenced) {
      findings.refuse(item, `Unknown field ${quoted(key)} parsing permissions`);
    }
  }
  return response;
}

function readExpiry(entry: Entry, findings: Findings): number {
  if (typeof entry.value !== "string") {
    findings.refuse(entry, "error parsing expires, not a duration string");
    return 0;
  }
  const read = parseDuration(entry.value);
  if (read.kind === "duration") return read.ms;
  findings.refuse(entry, `error parsing expires: ${read.message}`);
  return 0;
}
