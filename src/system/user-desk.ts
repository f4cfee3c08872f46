// What every account may ask of the server: who I am, and what my account does. The answers concern that account alone.
// [nats-server events.go registerSystemImports, userInfoReq]

import type { Account } from "../account/account.ts";
import type { SessionFacts } from "../session/facts.ts";
import { isValidSubject } from "../subject/subject.ts";
import { Desk, type SystemRequest, serverInfo } from "./desk.ts";
import { sparse } from "./go-json.ts";
import { asked } from "./server-desk.ts";
import { nameTagOf, type SubjectServer } from "./subject-server.ts";
import { accountStatz, accountStatzGroup } from "./views/accstatz.ts";
import { connz } from "./views/connz.ts";
import { connzGroup, connzOptions } from "./views/connz-options.ts";

const nsPerMs = 1_000_000;

/** Opens the desk of one account; every account has one. */
export function openUserDesk(server: SubjectServer, account: Account): void {
  const desk = new Desk(server, account);
  desk.serve("$SYS.REQ.USER.INFO", (request) => answer(server, desk, request));
  // The system account asks for all accounts, at another desk.
  if (account === server.system) return;
  const connections = asked(server, desk, "ConnzEventOptions", connzGroup, (options) =>
    connz(server, { ...connzOptions(options), account: account.name }),
  );
  desk.serve("$SYS.REQ.SERVER.PING.CONNZ", connections);
  desk.serve("$SYS.REQ.ACCOUNT.PING.CONNZ", connections);
  const statz = asked(server, desk, "AccountStatzEventOptions", accountStatzGroup, () =>
    accountStatz(server, [account.name], true),
  );
  desk.serve("$SYS.REQ.ACCOUNT.PING.STATZ", statz);
}

function answer(server: SubjectServer, desk: Desk, { reply, origin }: SystemRequest): void {
  const session = sessionOf(server, desk.account, origin);
  if (reply === undefined || session === undefined || !isValidSubject(reply)) return;
  const { identity } = session;
  const leftMs = identity?.expiresAt === undefined ? 0 : Math.max(0, identity.expiresAt - server.clock.now());
  desk.publish(reply, {
    server: serverInfo(server),
    data: {
      user: identity?.user ?? "",
      account: desk.account.name,
      ...sparse({
        account_name: nameTagOf(desk.account),
        user_name: identity?.nameTag,
        permissions: identity?.permissions?.published,
        expires: leftMs * nsPerMs,
      }),
    },
  });
}

function sessionOf(
  server: SubjectServer,
  account: Account,
  origin: object | undefined,
): SessionFacts | undefined {
  for (const session of server.roster.of(account)) if (session === origin) return session;
  return undefined;
}
