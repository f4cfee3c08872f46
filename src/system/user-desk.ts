// `$SYS.REQ.USER.INFO`: tells a client who it is and what it may do, in whatever account it is.
// [nats-server events.go userInfoReq]

import type { Account } from "../account/account.ts";
import { isValidSubject } from "../subject/subject.ts";
import type { SessionFacts } from "../session/facts.ts";
import { Desk, type SystemRequest } from "./desk.ts";
import { sparse } from "./client-info.ts";
import type { SubjectServer } from "./subject-server.ts";

const nsPerMs = 1_000_000;

/** Opens the desk of one account; every account has one. */
export function openUserDesk(server: SubjectServer, account: Account, answers: Desk): void {
  const desk = new Desk(server, account);
  desk.serve("$SYS.REQ.USER.INFO", (request) => answer(server, account, desk, answers, request));
}

function answer(server: SubjectServer, account: Account, desk: Desk, answers: Desk, request: SystemRequest): void {
  const { reply, origin } = request;
  const session = sessionOf(server, account, origin);
  if (reply === undefined || session === undefined || !isValidSubject(reply)) return;
  const { identity } = session;
  const leftMs = identity?.expiresAt === undefined ? 0 : Math.max(0, identity.expiresAt - server.clock.now());
  desk.publish(reply, {
    server: answers.serverInfo(),
    data: {
      user: identity?.user ?? "",
      account: account.name,
      ...sparse({
        account_name: account.nameTag,
        user_name: identity?.nameTag,
        permissions: identity?.permissions?.published,
        expires: leftMs * nsPerMs,
      }),
    },
  });
}

function sessionOf(server: SubjectServer, account: Account, origin: object | undefined): SessionFacts | undefined {
  for (const session of server.roster.of(account)) if (session === origin) return session;
  return undefined;
}
