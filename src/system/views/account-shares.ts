// What an account gives to others and takes from them, as its details list it. [nats-server monitor.go accountInfo]

import type { Account } from "../../account/account.ts";
import type { AccountClaims } from "../../identity/account-claims.ts";
import { sparse } from "../go-json.ts";
import type { AccountSettings } from "../settings.ts";
import type { SubjectServer } from "../subject-server.ts";

export interface Shares {
  readonly exports: readonly object[];
  readonly imports: readonly object[];
  /** Destinations by source. */
  readonly mappings: ReadonlyMap<string, readonly object[]>;
}

const none: Shares = { exports: [], imports: [], mappings: new Map() };

/** Every account may ask about itself, and the system account answers. [nats-server events.go registerSystemImports] */
export function systemShares({ system }: SubjectServer, account: Account): Shares {
  const asked = (local: string, subject: string, share: boolean): object =>
    serviceImport({ account: system.name, subject, to: local, share });
  const info = asked("$SYS.REQ.USER.INFO", `$SYS.REQ.USER.${account.name}.INFO`, true);
  if (account === system) return { ...none, exports: systemExports, imports: [info] };
  const own = `$SYS.REQ.ACCOUNT.${account.name}`;
  const imports = [
    asked("$SYS.REQ.ACCOUNT.PING.CONNZ", `${own}.CONNZ`, false),
    asked("$SYS.REQ.SERVER.PING.CONNZ", `${own}.CONNZ`, false),
    asked("$SYS.REQ.ACCOUNT.PING.STATZ", `${own}.STATZ`, false),
    info,
  ];
  return { ...none, imports };
}

const systemExports: readonly object[] = [
  { subject: "$SYS.REQ.ACCOUNT.*.CONNZ", type: "service", response_type: "Streamed" },
  { subject: "$SYS.REQ.ACCOUNT.*.STATZ", type: "service", response_type: "Streamed" },
  { subject: "$SYS.DEBUG.SUBSCRIBERS", type: "service", response_type: "Singleton" },
  { subject: "$SYS.REQ.USER.*.INFO", type: "service", response_type: "Singleton" },
];

const responseTypes = { singleton: "Singleton", stream: "Streamed", chunked: "Chunked" } as const;

/** What the configuration says of an account. */
export function configuredShares(settings: AccountSettings | undefined): Shares {
  if (settings === undefined) return none;
  const { exports, imports, mappings } = settings;
  const services = exports.services.map(({ subject, accounts, responseType, latency }) => ({
    subject,
    type: "service",
    response_type: responseTypes[responseType],
    ...(latency === undefined
      ? {}
      : { service_latency: { sampling: latency.sampling, results: latency.subject } }),
    ...sparse({ approved_accounts: accounts }),
  }));
  const streams = exports.streams.map(({ subject, accounts }) => ({
    subject,
    type: "stream",
    ...sparse({ approved_accounts: accounts }),
  }));
  const streamImports = imports.streams.map(({ account, subject, to, prefix }) =>
    streamImport(account, subject, to === "" && prefix !== "" ? `${prefix}.${subject}` : to || subject),
  );
  const destinations = mappings.map(({ source, destinations: to }): [string, readonly object[]] => [
    source,
    to.map(({ subject, weight, cluster }) => ({ subject, weight, ...sparse({ cluster }) })),
  ]);
  return {
    exports: [...services, ...streams],
    imports: [...streamImports, ...imports.services.map(serviceImport)],
    mappings: new Map(destinations),
  };
}

/** What an account's JWT says. */
export function claimedShares({ nats }: AccountClaims): Shares {
  const exports = nats.exports.map((each) => ({
    subject: each.subject,
    type: each.type,
    ...sparse({ token_req: each.token_req }),
    ...(each.type === "service" ? { response_type: each.response_type || "Singleton" } : {}),
  }));
  const imports = nats.imports.map(({ account, subject, to, local_subject, type, share }) =>
    type === "stream"
      ? streamImport(account, subject, local_subject || (to === "" ? subject : `${to}.${subject}`))
      : serviceImport({ account, subject, to: local_subject || to || subject, share }),
  );
  const mappings = new Map([...nats.mappings].map(([source, to]) => [source, to.map(mappedTo)]));
  return { exports, imports, mappings };
}

function mappedTo({
  subject,
  weight,
  cluster,
}: {
  subject: string;
  weight: number;
  cluster: string;
}): object {
  return { subject, weight: weight || 100, ...sparse({ cluster }) };
}

function streamImport(account: string, subject: string, local: string): object {
  return { subject, account, local_subject: local, type: "stream", ...untracked(false) };
}

function serviceImport(each: {
  readonly account: string;
  readonly subject: string;
  readonly to: string;
  readonly share: boolean;
}): object {
  const { account, subject, to, share } = each;
  return { subject, account, to, local_subject: to, type: "service", ...untracked(share) };
}

function untracked(share: boolean): object {
  return { invalid: false, share, tracking: false };
}
