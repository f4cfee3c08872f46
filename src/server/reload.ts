// A new configuration takes the place of the old one while clients stay: what changed acts on them at once.
// [nats-server reload.go reloadAuthorization, Apply]

import type { Directory } from "../account/directory.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { attemptOf } from "../session/admission.ts";
import { unpinned } from "../session/arrival.ts";
import type { Authenticator, Outcome } from "../session/identity.ts";
import type { Session } from "../session/session.ts";
import { authorizationViolation, connectionsExceeded } from "../wire/violation.ts";
import type { OptionChange } from "./config/diff.ts";
import type { ServerOptions } from "./config/options.ts";
import type { Reception } from "./reception.ts";
import { reloadLines } from "./reload-lines.ts";

/** Settings whose change makes the server ask everybody again who they are. */
const accessSettings: ReadonlySet<string> = new Set([
  "Nkeys",
  "Users",
  "Accounts",
  "NoAuthUser",
  "Username",
  "Password",
  "Authorization",
]);

export interface ReloadParts {
  readonly before: ServerOptions;
  readonly after: ServerOptions;
  readonly changes: readonly OptionChange[];
  readonly reception: Reception;
  readonly directory: Directory;
  /** Operator mode's accounts; absent where the configuration lists its users. */
  readonly accounts: OperatorAccounts | undefined;
  /** How sessions of a type authenticate from now on. */
  authenticatorOf(session: Session): Authenticator;
}

/** The entrances already follow the new configuration; this brings along those who are in. */
export function applyReload(parts: ReloadParts): void {
  const { before, after, changes, reception, directory } = parts;
  const { trace, roster } = reception;
  reception.maxConnections = after.limits.connections;
  const excess = roster.size - Math.max(0, after.limits.connections);
  if (excess > 0) {
    for (const session of [...roster.all()].slice(0, excess)) session.end(connectionsExceeded);
    trace.log("info", `Closed ${excess} connections to fall within max_connections`);
  }
  for (const line of reloadLines(changes, before, after)) trace.log("info", line);
  const access = after.operator === undefined && changes.some(({ name }) => accessSettings.has(name));
  for (const session of [...roster.all()]) {
    session.applySettings();
    if (access) askAgain(session, parts);
  }
  if (parts.accounts !== undefined) reloadPreload(before, after, parts.accounts);
  if (access) forgetGoneAccounts(before, after, directory);
  if (changes.some(({ name }) => name === "TLSPinnedCerts")) closeUnpinned(parts);
}

/** Whoever is somebody else now, or nobody, must go; the others get the rights that their user has now. */
function askAgain(session: Session, { after, reception, authenticatorOf }: ReloadParts): void {
  const { identity } = session;
  if (identity === undefined) return;
  authenticatorOf(session).decide(attemptOf(session, session.connect), (outcome: Outcome) => {
    if (session.identity !== identity) return;
    if (outcome.kind === "refused" && isGone(session, after)) {
      session.end("Client Closed");
    } else if (outcome.kind === "refused") {
      reception.refused(session, outcome.violation.reason ?? "Authentication Failure");
      session.end(authorizationViolation);
    } else if (outcome.identity.account !== identity.account) {
      // It comes back, and then into the right account.
      session.end("Client Closed");
    } else {
      session.revise(outcome.identity);
    }
    reception.turn.end();
  });
}

/** The user that the peer came as is listed no more: it is closed without a word, as one that has moved. */
function isGone({ connect, identity }: Session, { authorization }: ServerOptions): boolean {
  const nkey = connect?.nkey ?? "";
  if (nkey !== "") return !authorization.nkeys.some((user) => user.nkey === nkey);
  if (connect !== undefined && connect.authToken !== "") return false;
  const name = connect?.user || identity?.user || "";
  return name !== "" && !authorization.users.some(({ user }) => user === name);
}

function forgetGoneAccounts(before: ServerOptions, after: ServerOptions, directory: Directory): void {
  const remaining = new Set(after.accounts.map(({ name }) => name));
  for (const { name } of before.accounts) if (!remaining.has(name)) directory.remove(name);
  for (const account of directory.all()) account.forgetRoutes();
}

/** Account JWTs that the configuration itself holds are what it says now. [nats-server reload.go reloadAuthorization] */
function reloadPreload(before: ServerOptions, after: ServerOptions, accounts: OperatorAccounts): void {
  if (after.operator?.resolver?.kind !== "memory") return;
  const [then, now] = [before.operator?.preload ?? new Map<string, string>(), after.operator.preload];
  for (const [id, jwt] of now) {
    if (then.get(id) === jwt) continue;
    accounts.store.save(id, jwt);
    if (accounts.loaded(id) !== undefined) accounts.keep(id, jwt);
  }
  for (const id of then.keys()) if (!now.has(id)) accounts.remove(id);
}

function closeUnpinned({ after, reception }: ReloadParts): void {
  const pinned = after.tls?.pinnedCerts;
  let closed = 0;
  for (const session of [...reception.roster.all()]) {
    if (session.type !== "STANDARD" || unpinned(session.tls, pinned) === undefined) continue;
    session.end("TLS Handshake Failure");
    closed++;
  }
  if (closed > 0) reception.trace.log("info", `Disconnect ${closed} clients due to pinned certs reload`);
}
