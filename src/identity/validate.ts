// Whether claims that decode may be used: every rule that blocks, and the warnings, by kind of claims.
// [jwt/v2 account_claims.go, user_claims.go, operator_claims.go, authorization_claims.go Validate]

import type {
  AccountClaims,
  ExternalAuthorization,
  MessageTrace,
  OperatorLimits,
  WeightedMapping,
} from "./account-claims.ts";
import { jetStreamLimitsShape } from "./account-claims.ts";
import type { ActivationClaims } from "./activation-claims.ts";
import type { AuthorizationResponseClaims } from "./authorization-claims.ts";
import {
  checkInfo,
  checkPermissions,
  checkSubject,
  checkUserLimits,
  hasWildcards,
  Issues,
  quoted,
} from "./issues.ts";
import { isPublicKey } from "./nkey.ts";
import { checkActivation, checkExports, checkImports, checkShareLimits } from "./share-issues.ts";
import type { UserClaims } from "./user-claims.ts";

const anyAccount = "*";
const wholeWeight = 100;

/** Of an account; whether it has expired is asked of timeIssues. */
export function accountIssues(claims: AccountClaims): Issues {
  const issues = new Issues();
  const { nats } = claims;
  checkImports(nats.imports, claims.sub, issues);
  checkExports(nats.exports, issues);
  checkTiers(nats.limits, issues);
  checkPermissions(nats.default_permissions, issues);
  for (const [source, destinations] of nats.mappings) checkMapping(source, destinations, issues);
  checkAuthorization(nats.authorization, issues);
  if (nats.trace !== undefined) checkTrace(nats.trace, issues);
  const isEmpty = limitsAreEmpty(nats.limits);
  checkShareLimits(nats, nats.limits, isEmpty, issues);
  for (const [key, scope] of nats.signing_keys) {
    if (isPublicKey(key, "account")) continue;
    const unscoped = `${quoted(key)} is not a valid account signing key`;
    issues.error(scope === undefined ? unscoped : `${key} is not an account public key`);
  }
  checkInfo(nats, issues);
  if (!["", "system", "owner"].includes(nats.cluster_traffic)) {
    issues.error(`unknown cluster traffic option: ${quoted(nats.cluster_traffic)}`);
  }
  if (isPublicKey(claims.iss, "account") && !isEmpty) {
    issues.warn("self-signed account JWTs shouldn't contain operator limits");
  }
  return issues;
}

/** Of a user; whether it has expired is asked of timeIssues. */
export function userIssues({ nats }: UserClaims): Issues {
  const issues = new Issues();
  checkPermissions(nats, issues);
  checkUserLimits(nats, issues);
  if (nats.issuer_account !== "" && !isPublicKey(nats.issuer_account, "account")) {
    issues.error("account_id is not an account public key");
  }
  return issues;
}

/** Of an activation; whether it has expired is asked of timeIssues. */
export function activationIssues(claims: ActivationClaims): Issues {
  const issues = new Issues();
  checkActivation(claims, issues);
  return issues;
}

/** Of an authorization service's answer. */
export function authorizationResponseIssues({ sub, aud, nats }: AuthorizationResponseClaims): Issues {
  const issues = new Issues();
  if (!isPublicKey(sub, "user")) issues.error("Subject must be a user public key");
  if (!isPublicKey(aud, "server")) issues.error("Audience must be a server public key");
  if (nats.error === "" && nats.jwt === "") issues.error("Error or Jwt is required");
  if (nats.error !== "" && nats.jwt !== "") issues.error("Only Error or Jwt can be set");
  if (nats.issuer_account !== "" && !isPublicKey(nats.issuer_account, "account")) {
    issues.error("issuer_account is not an account public key");
  }
  return issues;
}

function checkTiers(limits: OperatorLimits, issues: Issues): void {
  if (limits.tiered_limits.size === 0) return;
  if (!isZero(limits, Object.keys(jetStreamLimitsShape.zero))) {
    issues.error("JetStream Limits and tiered JetStream Limits are mutually exclusive");
  }
  if (limits.tiered_limits.has(""))
    issues.error('Tiered JetStream Limits can not contain a blank "" tier name');
}

function checkMapping(source: string, destinations: readonly WeightedMapping[], issues: Issues): void {
  checkSubject(source, issues);
  const totals = new Map<string, number>();
  const whole = "100% among all of it's weighted to mappings";
  for (const { subject, weight, cluster } of destinations) {
    checkSubject(subject, issues);
    // No weight is all of it.
    const share = weight === 0 ? wholeWeight : weight;
    if (share > wholeWeight) issues.error(`Mapping ${quoted(source)} has a weight ${share} that exceeds 100`);
    const total = (totals.get(cluster) ?? 0) + share;
    totals.set(cluster, total);
    if (cluster !== "" && total > wholeWeight) {
      issues.error(`Mapping ${quoted(source)} in cluster ${quoted(cluster)} exceeds ${whole}`);
    }
  }
  if ((totals.get("") ?? 0) > wholeWeight) issues.error(`Mapping ${quoted(source)} exceeds ${whole}`);
}

function checkAuthorization(external: ExternalAuthorization, issues: Issues): void {
  const { auth_users, allowed_accounts, xkey } = external;
  if (allowed_accounts.length > 0 && auth_users.length === 0) {
    issues.error("External authorization cannot have accounts without users specified");
  }
  for (const user of auth_users) {
    if (!isPublicKey(user, "user")) issues.error(`AuthUser ${quoted(user)} is not a valid user public key`);
  }
  for (const account of allowed_accounts) {
    if (account === anyAccount) {
      const alone = `AllowedAccounts can only be a list of accounts or ${quoted(anyAccount)}`;
      if (allowed_accounts.length > 1) issues.error(alone);
    } else if (!isPublicKey(account, "account")) {
      issues.error(`Account ${quoted(account)} is not a valid account public key`);
    }
  }
  if (xkey !== "" && !isPublicKey(xkey, "curve"))
    issues.error(`XKey ${quoted(xkey)} is not a valid public xkey`);
}

function checkTrace({ dest, sampling }: MessageTrace, issues: Issues): void {
  const ofSubject = new Issues();
  checkSubject(dest, ofSubject);
  const first = ofSubject.blocking[0];
  if (first !== undefined) issues.error(`the account Trace.Destination ${first}`);
  if (hasWildcards(dest)) {
    issues.error(`the account Trace.Destination subject ${quoted(dest)} is not a valid publish subject`);
  }
  if (sampling < 0 || sampling > 100) {
    const range = "should be in the range [1..100]";
    issues.error(`the account Trace.Sampling value '${sampling}' is not valid, ${range}`);
  }
}

function limitsAreEmpty(limits: OperatorLimits): boolean {
  const flat = Object.keys(limits).filter((name) => name !== "tiered_limits");
  return limits.tiered_limits.size === 0 && isZero(limits, flat);
}

function isZero(limits: OperatorLimits, names: readonly string[]): boolean {
  return names.every(
    (name) => limits[name as keyof OperatorLimits] === 0 || limits[name as keyof OperatorLimits] === false,
  );
}
