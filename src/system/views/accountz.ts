// Accounts by name, or one in detail: its connections, what it shares, its claims. [nats-server monitor.go Accountz]

import type { Account } from "../../account/account.ts";
import type { LoadedAccount } from "../../account/loaded-account.ts";
import { accountClaimsShape } from "../../identity/account-claims.ts";
import { goMap, sparse } from "../go-json.ts";
import type { OptionGroups } from "../request-body.ts";
import { nameTagOf, type SubjectServer } from "../subject-server.ts";
import { timestamp, timestampOfMs } from "../timestamps.ts";
import { claimedShares, configuredShares, type Shares, systemShares } from "./account-shares.ts";
import { interestOf } from "./subsz.ts";

export const accountzGroup: OptionGroups = { AccountzOptions: { account: "string" } };

/** The names, the account, or why there is none. */
export function accountz(server: SubjectServer, name: string): object | string {
  const disabled = server.options().systemAccountDisabled;
  const head = {
    server_id: server.identity.id,
    now: timestamp(server.clock.nowNs()),
    ...sparse({ system_account: disabled ? "" : server.system.name }),
  };
  if (name === "") {
    const all = [...server.directory.all()].filter((account) => !(disabled && account === server.system));
    const accounts = all.map((account) => account.name);
    return { ...head, accounts };
  }
  const detail = accountInfo(server, name);
  return typeof detail === "string" ? detail : { ...head, account_detail: detail };
}

/** One account in detail, or why there is none. */
export function accountInfo(server: SubjectServer, name: string): object | string {
  const account = server.directory.find(name);
  if (account === undefined) return `Account ${name} does not exist`;
  const loaded = server.claims(name);
  const { exports, imports, mappings } = sharesOf(server, account, loaded);
  return {
    account_name: name,
    update_time: timestamp(server.configuredAt()),
    ...sparse({ is_system: account === server.system }),
    expired: loaded?.disabled ?? false,
    complete: true,
    jetstream_enabled: false,
    leafnode_connections: 0,
    client_connections: server.roster.of(account).size,
    subscriptions: account.subscriptionCount,
    ...(mappings.size > 0 ? { mappings: goMap(mappings) } : {}),
    ...sparse({ exports, imports }),
    ...claimsPart(loaded),
    name_tag: nameTagOf(account),
    ...(loaded === undefined ? {} : claimsDetail(loaded)),
    sublist_stats: interestOf([account]),
  };
}

function sharesOf(server: SubjectServer, account: Account, loaded: LoadedAccount | undefined): Shares {
  const own =
    loaded === undefined
      ? configuredShares(server.options().accounts.find(({ name }) => name === account.name))
      : claimedShares(loaded.claims);
  if (server.options().systemAccountDisabled) return own;
  const always = systemShares(server, account);
  return {
    ...own,
    exports: [...own.exports, ...always.exports],
    imports: [...own.imports, ...always.imports],
  };
}

function claimsPart(loaded: LoadedAccount | undefined): object {
  return loaded === undefined ? {} : { jwt: loaded.jwt, issuer_key: loaded.claims.iss };
}

function claimsDetail({ claims }: LoadedAccount): object {
  const { tags, revocations } = claims.nats;
  const revoked = [...revocations].map(([key, at]): [string, string] => [key, timestampOfMs(at * 1_000)]);
  return {
    ...sparse({ tags }),
    decoded_jwt: accountClaimsShape.write(claims),
    ...(revoked.length > 0 ? { revoked_user: goMap(revoked) } : {}),
  };
}
