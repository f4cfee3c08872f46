// Questions about this server, and orders to it, from the system account. [nats-server events.go initEventTracking]

import { connz } from "./views/connz.ts";
import { jsz } from "./views/jsz.ts";
import { connzOptions } from "./views/connz-options.ts";
import type { Desk, Handler, SystemRequest } from "./desk.ts";
import type { SubjectServer } from "./subject-server.ts";
import { isMeant, readBody } from "./request-body.ts";

/** Computes what a question asks for; throws nothing, returns the data or a refusal. */
export type Answer = (body: Readonly<Record<string, unknown>>, request: SystemRequest) => object;

export class ServerDesk {
  readonly #server: SubjectServer;
  readonly #desk: Desk;

  constructor(server: SubjectServer, desk: Desk) {
    this.#server = server;
    this.#desk = desk;
  }

  open(): void {
    const { id, name, host } = this.#server.identity;
    // The one question whose answer comes without who answers around it, since that is the answer.
    for (const whom of ["PING", id]) {
      this.#desk.serve(`$SYS.REQ.SERVER.${whom}.IDZ`, ({ reply }) => this.#desk.publish(reply, { name, host, id }));
    }
    this.#question("JSZ", () => jsz(this.#server));
    this.#question("CONNZ", (body) => connz(this.#server, connzOptions(body)));
    this.#desk.serve("$SYS.REQ.ACCOUNT.*.CONNZ", this.#asked((body, { subject }) => {
      return connz(this.#server, { ...connzOptions(body), account: subject.split(".")[3]! });
    }));
    this.#desk.serve(`$SYS.REQ.SERVER.${id}.KICK`, (request) => this.#kick(request));
  }

  /** A question that may be put to one server or to all. */
  #question(what: string, answer: Answer): void {
    const handler = this.#asked(answer);
    this.#desk.serve(`$SYS.REQ.SERVER.PING.${what}`, handler);
    this.#desk.serve(`$SYS.REQ.SERVER.${this.#server.identity.id}.${what}`, handler);
  }

  #asked(answer: Answer): Handler {
    return (request) => {
      if (request.reply === undefined) return;
      const body = readBody(request.payload);
      if (body === undefined) return this.#desk.refuse(request.reply, 400, "invalid request");
      if (isMeant(this.#server.identity, body)) this.#desk.answer(request.reply, answer(body, request));
    };
  }

  #kick({ payload, reply }: SystemRequest): void {
    if (reply === undefined) return;
    const cid = readBody(payload)?.cid;
    const session = typeof cid === "number" ? this.#server.roster.get(cid) : undefined;
    if (session === undefined) return this.#desk.refuse(reply, 500, "no such client or leafnode id");
    session.end("Kicked");
    this.#desk.answer(reply, undefined);
  }
}
