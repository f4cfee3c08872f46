// Scoped signing keys: a template of rights, filled in with what a user's JWT and its account are called.
// [nats-server auth.go processUserPermissionsTemplate]

import { isValidPattern } from "../subject/subject.ts";
import type { AccountClaims } from "./account-claims.ts";
import type { UserPermissionLimits } from "./fields.ts";
import { type Outcome, refused } from "./jwt.ts";
import type { UserClaims } from "./user-claims.ts";

/** Subjects that one list may grow to through tags with several values. */
export const expansionsMax = 4_096;

/** Longer entries are no subjects anyway; looking for placeholders in them could take long. */
const entryLengthMax = 4_096;

/** What an entry may become: more than a client could name in a control line is of no use to it. */
const filledLengthMax = 4_096;

/** The rights of a user under a template; refused where it asks for what it does not say. */
export function expandTemplate(
  template: UserPermissionLimits,
  user: UserClaims,
  account: AccountClaims,
): Outcome<UserPermissionLimits> {
  const fill = (
    list: readonly string[] | undefined,
    strict: boolean,
  ): Outcome<readonly string[] | undefined> => expandList(list, strict, user, account);
  const lists = [
    fill(template.sub.allow, false),
    fill(template.sub.deny, true),
    fill(template.pub.allow, false),
    fill(template.pub.deny, true),
  ];
  const bad = lists.find((outcome) => !outcome.ok);
  if (bad !== undefined && !bad.ok) return bad;
  const [subAllow, subDeny, pubAllow, pubDeny] = lists.map((outcome) =>
    outcome.ok ? outcome.value : undefined,
  );
  return {
    ok: true,
    value: {
      ...template,
      sub: { allow: subAllow, deny: closed(template.sub.allow, subAllow, subDeny) },
      pub: { allow: pubAllow, deny: closed(template.pub.allow, pubAllow, pubDeny) },
    },
  };
}

/** A list of which nothing is left must not turn into "everything". */
function closed(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
  deny: readonly string[] | undefined,
): readonly string[] | undefined {
  const vanished = before !== undefined && before.length > 0 && (after === undefined || after.length === 0);
  return vanished && !deny?.includes(">") ? [...(deny ?? []), ">"] : deny;
}

function expandList(
  list: readonly string[] | undefined,
  strict: boolean,
  user: UserClaims,
  account: AccountClaims,
): Outcome<readonly string[] | undefined> {
  if (list === undefined) return { ok: true, value: list };
  if (list.some((entry) => entry.length > entryLengthMax))
    return refused("a subject in a template is too long");
  if (!list.some((entry) => placeholdersOf(entry).size > 0)) return { ok: true, value: list };
  const filled: string[] = [];
  for (const entry of list) {
    let variants = [entry];
    for (const mark of placeholdersOf(entry)) {
      const operation = mark.slice(2, -2).trim();
      const values = valuesOf(operation, user, account);
      if (values === undefined)
        return refused(`template operation in "${entry}": "${operation}" is not defined`);
      if (values.length === 0 && strict)
        return refused(`generated invalid subject "${entry}": "${operation}" is not defined`);
      if (variants.length * values.length > expansionsMax)
        return refused(`more than ${expansionsMax} subjects from templates`);
      variants = variants.flatMap((variant) => values.map((value) => variant.replaceAll(mark, () => value)));
      if (variants.some(({ length }) => length > filledLengthMax))
        return refused("a subject from a template is too long");
    }
    const valid = variants.filter(isValidPattern);
    if (strict && valid.length < variants.length) return refused("generated invalid subject");
    filled.push(...valid);
    if (filled.length > expansionsMax) return refused(`more than ${expansionsMax} subjects from templates`);
  }
  return { ok: true, value: filled };
}

/**
 * The different `{{…}}` of an entry, braces included, as /{{2}([^}]+)}{2}/ finds them. By hand, because that expression
 * takes time by the square of an entry's length when nothing closes what is opened.
 */
export function placeholdersOf(entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (let at = 0; ; ) {
    const start = entry.indexOf("{{", at);
    const end = start === -1 ? -1 : entry.indexOf("}", start + 2);
    if (end === -1) return found;
    if (end > start + 2 && entry.startsWith("}}", end)) found.add(entry.slice(start, end + 2));
    at = end + 1;
  }
}

/** What a placeholder stands for; undefined when there is no such placeholder. */
function valuesOf(
  operation: string,
  user: UserClaims,
  account: AccountClaims,
): readonly string[] | undefined {
  switch (operation.toLowerCase()) {
    case "name()":
      return [user.name];
    case "subject()":
      return [user.sub];
    case "account-name()":
      return [account.name];
    case "account-subject()":
      return [user.nats.issuer_account];
  }
  const tag = /^(tag|account-tag)\(.*\)$/i.exec(operation);
  if (tag === null) return undefined;
  const call = `${tag[1]!.toLowerCase()}(`;
  const tags = call === "tag(" ? user.nats.tags : account.nats.tags;
  // Written with capitals the call finds no tags: nats-server takes it for a part of their name.
  const name = operation.startsWith(call) ? operation.slice(call.length, -1) : operation.slice(0, -1);
  const prefix = `${name.toLowerCase()}:`;
  return tags.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
}
