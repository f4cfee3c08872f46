// Carries the questions of authenticators to authorization services: a signed request into the service's account, and a
// signed answer back. [nats-server auth_callout.go]

import { Message } from "../account/message.ts";
import type { Turn } from "../forward/outbox.ts";
import { newAuthorizationRequest } from "../identity/authorization-claims.ts";
import { decodeAuthorizationResponse, decodeUser } from "../identity/decode.ts";
import { encodeAuthorizationRequest } from "../identity/encode.ts";
import { KeyPair } from "../identity/nkey.ts";
import type { UserClaims } from "../identity/user-claims.ts";
import { authorizationResponseIssues, userIssues } from "../identity/validate.ts";
import type { Trace } from "../ports/trace.ts";
import { type Callout, type CalloutQuestion, calloutSubject } from "../session/callout.ts";
import type { Outcome } from "../session/identity.ts";
import { appendHeader } from "../wire/headers.ts";
import { authorizationViolation } from "../wire/violation.ts";
import { requestClaims } from "./callout-request.ts";
import type { ServerOptions } from "./config/options.ts";
import { Inquiry, type InquiryParts } from "./inquiry.ts";
import { natsVersion } from "./version.ts";

const keyHeader = "Nats-Server-Xkey";
/** Every JWT begins with it; what does not is sealed. */
const jwtStart = "eyJ";

/** The server that asks. */
export interface AskingParts extends InquiryParts {
  readonly name: string;
  /** Signs requests; its public half is the server's id. */
  readonly key: KeyPair;
  /** Seals them. */
  readonly curve: KeyPair;
  readonly trace: Trace;
  readonly turn: Turn;
  options(): ServerOptions;
}

type Sealing = typeof import("../identity/curve.ts");
type Judgement = Extract<Outcome, { kind: "admitted" }> | string;

export class AuthCallout implements Callout {
  readonly #parts: AskingParts;

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  ask(question: CalloutQuestion, decided: (outcome: Outcome) => void): void {
    if (question.xkey === "") return this.#send(question, undefined, decided);
    // Most servers seal nothing: what seals is loaded by the first that does.
    void import("../identity/curve.ts").then((curve) => {
      this.#send(question, curve, decided);
      this.#parts.turn.end();
    });
  }

  #send(question: CalloutQuestion, sealing: Sealing | undefined, decided: (outcome: Outcome) => void): void {
    const { random, trace, options } = this.#parts;
    const user = KeyPair.create("user", random.bytes(32)).publicKey;
    const message = this.#request(question, user, sealing);
    if (message === undefined) return decided(refused(`xkey "${question.xkey}" seals nothing`));
    const settle = (judgement: Judgement): void => {
      if (!inquiry.close()) return;
      if (typeof judgement === "string") trace.log("warn", titled(judgement));
      decided(typeof judgement === "string" ? refused(judgement) : judgement);
    };
    const { account } = question;
    const inquiry = new Inquiry(account, this.#parts, {
      answered: (payload) => {
        const named = this.#judge(payload, question, user, sealing);
        if (typeof named === "string") return settle(named);
        question.identify(named, (identity) => {
          settle(typeof identity === "string" ? identity : { kind: "admitted", identity });
        });
      },
      late: () => settle(`authorization callout response not received in time on account "${account.name}"`),
    });
    inquiry.ask(message, options().authorization.timeoutMs);
  }

  #request(question: CalloutQuestion, user: string, sealing: Sealing | undefined): Message | undefined {
    const { key, curve, clock, random, name, options } = this.#parts;
    const { authorization, listen, tags } = options();
    const blank = newAuthorizationRequest(question.issuer);
    const nowS = Math.floor(clock.now() / 1_000);
    const server = {
      name,
      host: listen.host,
      id: key.publicKey,
      version: natsVersion,
      cluster: "",
      tags,
      xkey: sealing === undefined ? "" : curve.publicKey,
    };
    const exp = Math.floor((clock.now() + authorization.timeoutMs) / 1_000);
    const claims = requestClaims({ ...blank, exp }, { server, user, attempt: question.attempt });
    const plain = Buffer.from(encodeAuthorizationRequest(claims, key, nowS), "latin1");
    if (sealing === undefined) return new Message().set(calloutSubject, undefined, 0, plain);
    const body = sealing.seal(plain, question.xkey, curve, random.bytes(sealing.sealNonceBytes));
    if (body === undefined) return undefined;
    const headers = appendHeader(undefined, keyHeader, curve.publicKey);
    return new Message().set(calloutSubject, undefined, headers.length, Buffer.concat([headers, body]));
  }

  /** The user that the service names, or why its answer does not count. */
  #judge(
    body: Buffer,
    question: CalloutQuestion,
    user: string,
    sealing: Sealing | undefined,
  ): UserClaims | string {
    const account = question.account.name;
    if (body.length === 0) return `auth callout violation: "no reason supplied" on account "${account}"`;
    const sealed = sealing !== undefined && body.latin1Slice(0, jwtStart.length) !== jwtStart;
    const plain = sealed ? sealing.openSealed(body, question.xkey, this.#parts.curve) : body;
    if (plain === undefined) return `error decrypting auth callout response on account "${account}"`;
    const decoded = decodeAuthorizationResponse(plain.latin1Slice());
    if (!decoded.ok) return decoded.reason;
    const answer = decoded.value;
    const [issue] = authorizationResponseIssues(answer).blocking;
    if (issue !== undefined) return `authorization response had validation errors: ${issue}`;
    const violation = "auth callout violation: auth callout response is not for";
    if (answer.sub !== user) return `${violation} expected user`;
    if (answer.aud !== this.#parts.key.publicKey) return `${violation} server`;
    if (answer.nats.error !== "") return `auth callout service returned an error: ${answer.nats.error}`;
    const signer = answer.nats.issuer_account === "" ? answer.iss : answer.nats.issuer_account;
    if (!sealed && !question.signedRightly(signer)) return "auth callout signing key is unknown";
    return this.#judgeUser(answer.nats.jwt, question, user);
  }

  #judgeUser(jwt: string, question: CalloutQuestion, expected: string): UserClaims | string {
    const decoded = decodeUser(jwt);
    if (!decoded.ok) return decoded.reason;
    const user = decoded.value;
    const [issue] = userIssues(user).blocking;
    if (issue !== undefined) return `error validating user JWT: ${issue}`;
    if (user.sub !== expected) {
      return `expected authorized user of "${expected}" but got "${user.sub}" on account "${question.account.name}"`;
    }
    return user;
  }
}

function refused(why: string): Outcome {
  return { kind: "refused", violation: authorizationViolation, why: `authentication error - ${why}` };
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
