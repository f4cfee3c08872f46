// What a server refuses at its start although the file reads well: settings that do not go together.
// [nats-server server.go validateOptions and what it calls, in its order]

import { goDuration } from "../../base/go-duration.ts";
import { isPublicKey } from "../../identity/nkey.ts";
import { isValidPattern } from "../../subject/subject.ts";
import { natsVersion } from "../version.ts";
import type { Draft } from "./draft.ts";
import { validateNoAuthUser } from "./no-auth-user.ts";
import { sentinelMistake } from "./operator-jwt.ts";
import type { ServerOptions } from "./options.ts";
import type { TrustedOperator } from "./options-operator.ts";
import { quoted } from "./quoted.ts";
import { globalAccount } from "./users.ts";
import { validateWebSocket } from "./validate-websocket.ts";

/** Answers nats-server's words for the first thing that is wrong. */
export function validate(options: ServerOptions, draft: Draft): string | undefined {
  return (
    validateGeneral(options) ??
    validateOperators(options, draft) ??
    validateLeafNodes(draft) ??
    validateNoAuthUser(options, options.authorization.noAuthUser) ??
    validateGateway(draft) ??
    validateMqtt(options, draft) ??
    validateJetStream(options, draft) ??
    validateWebSocket(options)
  );
}

function validateGeneral(options: ServerOptions): string | undefined {
  const { durationMs, gracePeriodMs } = options.lameDuck;
  if (gracePeriodMs >= durationMs) {
    const grace = goDuration(gracePeriodMs);
    const duration = goDuration(durationMs);
    return `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`;
  }
  const { payloadBytes, pendingBytes } = options.limits;
  if (payloadBytes > pendingBytes) {
    return `max_payload (${payloadBytes}) cannot be higher than max_pending (${pendingBytes})`;
  }
  return options.serverName?.includes(" ") ? "server name cannot contain spaces" : undefined;
}

function validateOperators(options: ServerOptions, draft: Draft): string | undefined {
  const { operators, defaultSentinel } = draft;
  if (operators.length === 0) {
    return defaultSentinel === "" ? undefined : "default sentinel requires operators and accounts";
  }
  const sentinel = defaultSentinel === "" ? undefined : sentinelMistake(defaultSentinel);
  if (sentinel !== undefined) return sentinel;
  if (draft.resolver === undefined) return "operators require an account resolver to be configured";
  if (options.accounts.length > 0) return "operators do not allow Accounts to be configured directly";
  const { users, nkeys, callout } = options.authorization;
  if (users.length > 0 || nkeys.length > 0) {
    return "operators do not allow users to be configured directly";
  }
  if (draft.trustedKeys.length > 0) {
    return "conflicting options for 'TrustedKeys' and 'TrustedOperators'";
  }
  const mistake =
    systemAccountMistake(draft) ??
    operatorVersionMistake(operators, natsVersion) ??
    keyMistake(options, draft);
  if (mistake !== undefined) return mistake;
  const withCallout = "operators do not allow authorization callouts to be configured directly";
  return callout === undefined ? undefined : withCallout;
}

function systemAccountMistake({ operators, systemAccount, resolver }: Draft): string | undefined {
  const named = operators.map((operator) => operator.systemAccount);
  if (systemAccount !== "") {
    const differs = named.some((name) => name !== "") && !named.includes(systemAccount);
    return differs ? "system_account in config and operator JWT must be identical" : undefined;
  }
  const needed = named[0] === "" && (resolver?.kind === "full" || resolver?.kind === "cache");
  if (!needed) return undefined;
  const where = "needs to be specified in configuration or the operator jwt";
  return `using nats based account resolver - the system account ${where}`;
}

function operatorVersionMistake(operators: readonly TrustedOperator[], version: string): string | undefined {
  const ours = version.split(/[.-]/).slice(0, 3).map(Number);
  for (const { publicKey, assertServerVersion: asserted } of operators) {
    if (asserted === "") continue;
    const wanted = readVersion(asserted);
    if (typeof wanted === "string") {
      return `operator ${publicKey} expects version ${asserted} got error instead: ${wanted}`;
    }
    for (const [index, name] of ["major", "minor", "update"].entries()) {
      const [want, have] = [wanted[index]!, ours[index]!];
      if (want > have) {
        return `operator ${publicKey} expected ${name} version ${want} > server ${name} version ${have}`;
      }
      if (want < have) break;
    }
  }
  return undefined;
}

function readVersion(text: string): number[] | string {
  const parts = text.split(".");
  if (parts.length !== 3) return "asserted server version must be of the form <major>.<minor>.<update>";
  for (const part of parts) {
    if (!/^[-+]?[0-9]{1,15}$/.test(part)) return `asserted server version cant parse ${part} to int`;
  }
  const numbers = parts.map(Number);
  if (numbers.every((number) => number >= 0)) return numbers;
  return `asserted server version can'b contain negative values: ${text}`;
}

function keyMistake({ operator }: ServerOptions, { pinnedAccounts }: Draft): string | undefined {
  const bad = operator?.trustedKeys.find((key) => !isPublicKey(key, "operator"));
  if (bad !== undefined) return `trusted Keys ${quoted(bad)} are required to be a valid public operator nkey`;
  const pinned = [...(pinnedAccounts ?? [])].find((key) => !isPublicKey(key, "account"));
  if (pinned === undefined) return undefined;
  return `pinned account key ${quoted(pinned)} is not a valid public account nkey`;
}

function validateLeafNodes({ neighbours, systemAccount }: Draft): string | undefined {
  const withGateway = neighbours.gatewayName !== "" || neighbours.gatewayPort !== 0;
  if (neighbours.leafNodePort === 0 || !withGateway || systemAccount !== "") return undefined;
  return "leaf nodes and gateways (both being defined) require a system account to also be configured";
}

function validateGateway({ neighbours: { gatewayName, gatewayPort, clusterName } }: Draft) {
  if (gatewayName === "" && gatewayPort === 0) return undefined;
  if (gatewayName === "") return "gateway has no name";
  if (gatewayPort === 0) {
    return `gateway ${quoted(gatewayName)} has no port specified (select -1 for random port)`;
  }
  const differs = clusterName !== "" && clusterName !== gatewayName;
  return differs ? "cluster name conflicts between cluster and gateway definitions" : undefined;
}

function validateMqtt(options: ServerOptions, { neighbours }: Draft): string | undefined {
  const { mqttPort, clusterPort, gatewayPort, leafNodePort, leafNodeRemotes } = neighbours;
  if (mqttPort === 0) return undefined;
  const clustered = clusterPort !== 0 || gatewayPort !== 0;
  if (clustered && options.serverName === undefined) {
    return "mqtt requires server name to be explicitly set";
  }
  if (options.jetStream.enabled || clustered || leafNodePort !== 0 || leafNodeRemotes > 0) return undefined;
  return "mqtt requires JetStream to be enabled if running in standalone mode";
}

function validateJetStream(options: ServerOptions, { neighbours }: Draft): string | undefined {
  const { defaultDomains, domain, enabled, extensionHint, outstandingCatchupBytes } = options.jetStream;
  for (const [account, itsDomain] of defaultDomains) {
    const mistake = defaultDomainMistake(options, account, itsDomain);
    if (mistake !== undefined) return mistake;
  }
  if (domain !== "") {
    const derived = `$JS.${domain}.API.>`;
    if (!isValidPattern(derived)) {
      return `invalid domain name: derived ${quoted(derived)} is not a valid subject`;
    }
    if (/[.*>]/.test(domain)) return "invalid domain name: may not contain ., * or >";
  }
  if (!enabled || neighbours.clusterPort === 0) return undefined;
  if (options.serverName === undefined) return "jetstream cluster requires `server_name` to be set";
  if (neighbours.clusterName === "" && neighbours.gatewayName === "") {
    return "jetstream cluster requires `cluster.name` to be set";
  }
  const hint = extensionHint.toLowerCase();
  if (!["will_extend", "no_extend", ""].includes(hint)) {
    return `expected 'no_extend' for string value, got '${hint}'`;
  }
  return outstandingCatchupBytes < 0 ? "jetstream max catchup cannot be negative" : undefined;
}

function defaultDomainMistake(options: ServerOptions, account: string, domain: string): string | undefined {
  const found = options.accounts.find(({ name }) => name === account);
  if ((options.operator?.operators.length ?? 0) > 0) {
    if (!isPublicKey(account, "account")) {
      const name = quoted(account);
      return `default_js_domain contains account name ${name}, which is not a valid public account nkey`;
    }
  } else if (found === undefined && account !== globalAccount) {
    const where = "`default_js_domain` references non existing account";
    return `in non operator mode, ${where} ${quoted(account)}`;
  } else if (found?.jetStream !== undefined && domain !== "") {
    return `default_js_domain contains account name ${quoted(account)} with enabled JetStream`;
  }
  if (account === (options.systemAccount ?? "$SYS")) {
    return `system account ${quoted(account)} can not be in default_js_domain`;
  }
  if (domain === "" || isValidPattern(`$JS.${domain}.API.>`)) return undefined;
  return `default_js_domain contains account ${quoted(account)} with invalid domain name ${quoted(domain)}`;
}
