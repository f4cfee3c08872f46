// Account claims over the wire: update, look-up, list, delete and pack, as a full resolver answers them.
// [nats-server accounts.go DirAccResolver.Start, handleDeleteRequest]

import { createHash } from "node:crypto";
import { ownLookup } from "../account/claims-source.ts";
import type { ClaimsOutcome } from "../account/claims-updates.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { decodeGeneric } from "../identity/claims.ts";
import { openToken } from "../identity/jwt.ts";
import { isPublicKey } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk, SystemRequest } from "./desk.ts";

export class ClaimsDesk {
  readonly #desk: Desk;
  readonly #accounts: OperatorAccounts;
  readonly #systemAccount: string;
  readonly #clock: Clock;

  constructor(desk: Desk, accounts: OperatorAccounts, systemAccount: string, clock: Clock) {
    this.#clock = clock;
    this.#desk = desk;
    this.#accounts = accounts;
    this.#systemAccount = systemAccount;
  }

  open(): void {
    const desk = this.#desk;
    const named = (place: number) => (request: SystemRequest) => {
      this.#update(request, request.subject.split(".")[place]!);
    };
    const { updates } = this.#accounts.store;
    desk.serve("$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE", named(3));
    desk.serve("$SYS.ACCOUNT.*.CLAIMS.UPDATE", named(2));
    if (updates === "live") return;
    desk.serve("$SYS.REQ.CLAIMS.UPDATE", (request) => this.#update(request, undefined));
    desk.serve("$SYS.REQ.CLAIMS.LIST", (request) => this.#desk.answer(request, this.#accounts.store.list()));
    desk.serve("$SYS.REQ.CLAIMS.DELETE", (request) => this.#delete(request));
    if (updates === "cached") return;
    desk.serve("$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", (request) => this.#lookUp(request));
    desk.serve("$SYS.REQ.CLAIMS.PACK", (request) => this.#pack(request));
  }

  #update({ payload, reply }: SystemRequest, expectedId: string | undefined): void {
    const jwt = payload.utf8Slice();
    let outcome: ClaimsOutcome;
    try {
      outcome = this.#accounts.update(jwt, expectedId);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      outcome = {
        kind: "refused",
        account: expectedId ?? "n/a",
        text: "jwt update resulted in error",
        why: error.message,
      };
    }
    if (outcome.kind === "refused")
      return this.#refuse(reply, outcome.account, `${outcome.text} - ${outcome.why}`);
    this.#confirm(reply, outcome.account, outcome.text);
  }

  #lookUp({ subject, reply, origin }: SystemRequest): void {
    if (origin === ownLookup) return;
    const id = subject.split(".")[3]!;
    this.#desk.publish(
      reply,
      (isPublicKey(id, "account") ? this.#accounts.store.fetch(id) : undefined) ?? "",
    );
  }

  #delete({ payload, reply }: SystemRequest): void {
    const asked = this.#deletion(payload.utf8Slice());
    if (typeof asked === "string") return this.#refuse(reply, undefined, asked);
    const failures: string[] = [];
    for (const id of asked) {
      try {
        this.#accounts.remove(id);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        failures.push(error.message);
      }
    }
    const deleted = asked.length - failures.length;
    if (failures.length === 0) return this.#confirm(reply, undefined, `deleted ${deleted} accounts`);
    this.#refuse(
      reply,
      undefined,
      `deleted ${deleted} accounts, failed for ${failures.length} - ${failures.join("\n")}`,
    );
  }

  /** The accounts that a request may delete, or the text that refuses it. */
  #deletion(jwt: string): readonly string[] | string {
    const decoded = decodeGeneric(jwt);
    const by = decoded.ok ? decoded.value.sub : "";
    const refuse = (why: string): string => `delete accounts request by ${by} failed - ${why}`;
    if (!decoded.ok) return refuse(decoded.reason);
    if (!this.#accounts.store.acceptsDeletes) return refuse("delete must be enabled in server config");
    const { sub, iss, nats } = decoded.value;
    if (sub !== iss) return refuse("not self signed");
    if (!this.#accounts.trust.operatorKeys.has(iss)) return refuse("not trusted");
    const ids = nats.accounts;
    if (!Array.isArray(ids) || !ids.every((id) => isPublicKey(id, "account")))
      return refuse("malformed request");
    if (ids.includes(this.#systemAccount)) return refuse("not allowed to delete system account");
    return ids as string[];
  }

  /** Another server compares its store with ours: nothing more to say when both are the same. */
  #pack({ payload, reply }: SystemRequest): void {
    if (reply === undefined) return;
    const { store } = this.#accounts;
    const jwts = store.list().map((id): [string, string] => [id, store.fetch(id) ?? ""]);
    if (!payload.equals(storeHash(jwts.map(([, jwt]) => jwt)))) {
      const seconds = Math.floor(this.#clock.now() / 1_000);
      for (const [id, jwt] of jwts) if (!isOver(jwt, seconds)) this.#desk.publish(reply, `${id}|${jwt}`);
    }
    this.#desk.publish(reply, "");
  }

  #confirm(reply: string | undefined, account: string | undefined, message: string): void {
    this.#desk.answer(
      { reply, acceptEncoding: "" },
      { ...(account === undefined ? {} : { account }), code: 200, message },
    );
  }

  #refuse(reply: string | undefined, account: string | undefined, description: string): void {
    if (reply === undefined) return;
    const error = { ...(account === undefined ? {} : { account }), code: 500, description };
    this.#desk.publish(reply, { server: this.#desk.info(), error });
  }
}

/** Whether there is no use in telling another server of it. */
function isOver(jwt: string, seconds: number): boolean {
  const opened = openToken(jwt);
  const exp = opened.ok ? opened.value.body?.exp : undefined;
  return typeof exp === "number" && exp > 0 && exp < seconds;
}

/** Order does not matter: the SHA-256 of each JWT, all exclusive-ored. [nats-server dirstore.go Hash] */
function storeHash(jwts: readonly string[]): Buffer {
  const hash = Buffer.alloc(32);
  for (const jwt of jwts) {
    const digest = createHash("sha256").update(jwt).digest();
    for (let i = 0; i < hash.length; i++) hash[i]! ^= digest[i]!;
  }
  return hash;
}
