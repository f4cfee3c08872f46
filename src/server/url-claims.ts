// Account JWTs behind a URL: an account's public key goes to its end. [nats-server accounts.go URLAccResolver]

import type { ClaimsSource, Fetched } from "../account/claims-source.ts";
import { Fault } from "../base/assert.ts";
import type { Turn } from "../forward/outbox.ts";
import { tokenBytesMax } from "../identity/jwt.ts";
import type { GetRequest, HttpGet } from "../ports/http-get.ts";
import type { Trace } from "../ports/trace.ts";
import type { ResolverOptions } from "./config/options-operator.ts";

/** [nats-server const.go DEFAULT_ACCOUNT_FETCH_TIMEOUT] */
const timeoutMs = 1_900;

export interface UrlClaimsParts {
  readonly get: HttpGet;
  readonly turn: Turn;
  readonly trace: Trace;
}

export class UrlClaims implements ClaimsSource {
  readonly #parts: UrlClaimsParts;
  readonly #url: string;
  readonly #tls: GetRequest["tls"];

  constructor({ url, tls }: Extract<ResolverOptions, { kind: "url" }>, parts: UrlClaimsParts) {
    this.#parts = parts;
    this.#url = url;
    const [own] = tls?.certificates ?? [];
    if (tls !== undefined) {
      this.#tls = { ca: tls.ca, cert: own?.cert ?? "", key: own?.key ?? "", insecure: tls.insecure };
    }
  }

  /** Whether anybody is home. @throws Fault when nobody answers there, or not well. */
  async check(): Promise<void> {
    const answer = await new Promise<Fetched>((resolve) => this.#ask("", resolve));
    if (answer.kind === "none") throw new Fault(answer.why);
  }

  fetch(id: string, answered: (answer: Fetched) => void): void {
    const { trace, turn } = this.#parts;
    this.#ask(id, (answer) => {
      if (answer.kind === "none") trace.log("warn", `Account fetch failed: ${answer.why}`);
      answered(answer);
      turn.end();
    });
  }

  #ask(id: string, answered: (answer: Fetched) => void): void {
    const url = this.#url + id;
    const failed = (why: string): void =>
      answered({ kind: "none", why: `could not fetch <"${redacted(url)}">: ${why}` });
    const request = { url, timeoutMs, bytesMax: tokenBytesMax, ...(this.#tls && { tls: this.#tls }) };
    this.#parts.get(request, (answer) => {
      if (answer.kind === "failed") failed(answer.why);
      else if (answer.status !== 200) failed(`${answer.status} ${answer.reason}`);
      else answered({ kind: "jwt", jwt: answer.body.utf8Slice() });
    });
  }
}

/** Without a password. [nats-server util.go redactURLString] */
function redacted(url: string): string {
  return url.replace(/^([^:/?#]+:\/\/[^:@/?#]*:)[^@/?#]*@/, "$1xxxxx@");
}
