// Questions about this server, and orders to it, from the system account. [nats-server events.go initEventTracking]

import type { Desk, Handler, SystemRequest } from "./desk.ts";
import { isMeant } from "./meant.ts";
import { type Body, filterGroup, type OptionGroups, type Options, readBody } from "./request-body.ts";
import type { Statsz } from "./statsz.ts";
import type { SubjectServer } from "./subject-server.ts";
import { accountz, accountzGroup } from "./views/accountz.ts";
import { gatewayz, gatewayzGroup, leafz, leafzGroup, routez, routezGroup } from "./views/alone.ts";
import { connz } from "./views/connz.ts";
import { connzGroup, connzOptions } from "./views/connz-options.ts";
import { describeHealth, healthz, healthzGroup, healthzOptions } from "./views/healthz.ts";
import { jsz, jszGroup } from "./views/jsz.ts";
import {
  expvarz,
  ipqueuesz,
  ipqueueszGroup,
  profilez,
  profilezGroup,
  raftz,
  raftzGroup,
} from "./views/process.ts";
import { subsz, subszGroup, subszOptions } from "./views/subsz.ts";
import { varz } from "./views/varz.ts";

/** The data that answers a question; a text says why there is none; undefined keeps quiet. */
export type Answer = (options: Options, request: SystemRequest) => object | string | undefined;

/** A question's subject ends with `name`; `struct` is what nats-server calls its options. */
interface Question {
  readonly name: string;
  readonly struct: string;
  readonly groups: OptionGroups;
  readonly answer: Answer;
}

export class ServerDesk {
  readonly #server: SubjectServer;
  readonly #desk: Desk;
  readonly #statsz: Statsz;

  constructor(server: SubjectServer, desk: Desk, statsz: Statsz) {
    this.#server = server;
    this.#desk = desk;
    this.#statsz = statsz;
  }

  open(): void {
    const { id } = this.#server.identity;
    for (const whom of ["PING", id]) {
      const prefix = `$SYS.REQ.SERVER.${whom}`;
      // The one question whose answer comes without who answers around it, since that is the answer.
      this.#desk.serve(`${prefix}.IDZ`, ({ reply }) => this.#identify(reply));
      this.#desk.serve(`${prefix}.STATSZ`, (request) => this.#sendStatsz(request));
      for (const { name, struct, groups, answer } of this.#questions()) {
        this.#desk.serve(`${prefix}.${name}`, asked(this.#server, this.#desk, struct, groups, answer));
      }
    }
    this.#desk.serve("$SYS.REQ.SERVER.PING", (request) => this.#sendStatsz(request));
    this.#openOrders(`$SYS.REQ.SERVER.${id}`);
  }

  #questions(): readonly Question[] {
    const server = this.#server;
    const ask = (name: string, struct: string, groups: OptionGroups, answer: Answer): Question => {
      return { name, struct, groups, answer };
    };
    return [
      ask("VARZ", "VarzEventOptions", {}, () => varz(server)),
      ask("SUBSZ", "SubszEventOptions", subszGroup, (options) => subsz(server, subszOptions(options))),
      ask("CONNZ", "ConnzEventOptions", connzGroup, (options) => connz(server, connzOptions(options))),
      ask("ROUTEZ", "RoutezEventOptions", routezGroup, () => routez(server)),
      ask("GATEWAYZ", "GatewayzEventOptions", gatewayzGroup, () => gatewayz(server)),
      ask("LEAFZ", "LeafzEventOptions", leafzGroup, () => leafz(server)),
      ask("ACCOUNTZ", "AccountzEventOptions", accountzGroup, (options) =>
        accountz(server, options.text("account")),
      ),
      ask("JSZ", "JszEventOptions", jszGroup, (options) =>
        options.flag("leader_only") ? undefined : jsz(server),
      ),
      ask("HEALTHZ", "HealthzEventOptions", healthzGroup, (options) =>
        describeHealth(healthz(server, healthzOptions(options)), true),
      ),
      ask("PROFILEZ", "ProfilezEventOptions", profilezGroup, (options) => profilez(options.text("name"))),
      ask("EXPVARZ", "ExpvarzEventOptions", {}, () => expvarz(server)),
      ask("IPQUEUESZ", "IpqueueszEventOptions", ipqueueszGroup, () => ipqueuesz()),
      ask("RAFTZ", "RaftzEventOptions", raftzGroup, () => raftz()),
    ];
  }

  #identify(reply: string | undefined): void {
    const { name, host, id } = this.#server.identity;
    this.#desk.publish(reply, { name, host, id });
  }

  /** Without a reply it is everybody who is told. */
  #sendStatsz({ payload, reply }: SystemRequest): void {
    const body = readBody(payload, "StatszEventOptions", filterGroup);
    if (!body.ok) return this.#desk.refuse(reply, 400, body.complaint);
    if (!isMeant(this.#server, body.options)) return;
    if (reply === undefined) this.#statsz.broadcast();
    else this.#statsz.send(reply);
  }

  #openOrders(prefix: string): void {
    this.#desk.serve(
      `${prefix}.RELOAD`,
      asked(
        this.#server,
        this.#desk,
        "EventFilterOptions",
        {},
        () => {
          return this.#server.reload() ?? {};
        },
        "order",
      ),
    );
    const { roster } = this.#server;
    this.#order(`${prefix}.KICK`, "KickClientReq", (cid) => {
      const session = roster.get(cid);
      if (session === undefined) return "no such client or leafnode id";
      session.end("Kicked");
      return undefined;
    });
    this.#order(`${prefix}.LDM`, "LDMClientReq", (cid) => {
      const session = roster.get(cid);
      if (session === undefined) return "no such client id";
      if (this.#server.warn(session)) return undefined;
      return "client does not support Lame Duck Mode or is not ready to receive the notification";
    });
  }

  /** An order that concerns one connection; what cannot be read has no answer. */
  #order(subject: string, struct: string, obey: (cid: number) => string | undefined): void {
    this.#desk.serve(subject, (request) => {
      const { payload, reply } = request;
      if (payload.length === 0 || reply === undefined) return;
      const body: Body = readBody(payload, struct, { "": { cid: "uint64" }, ...filterGroup });
      if (!body.ok || !isMeant(this.#server, body.options)) return;
      const refusal = obey(Number(body.options.number("cid")));
      if (refusal === undefined) this.#desk.answer(request, undefined);
      else this.#desk.refuse(reply, 500, refusal);
    });
  }
}

/** Handles a question as nats-server does. An order has no data to answer with, nor null in its place. [nats-server events.go zReq] */
export function asked(
  server: SubjectServer,
  desk: Desk,
  struct: string,
  groups: OptionGroups,
  answer: Answer,
  kind: "question" | "order" = "question",
): Handler {
  return (request) => {
    const { reply, payload } = request;
    if (reply === undefined) return;
    const body = readBody(payload, struct, { ...groups, ...filterGroup });
    if (!body.ok) return desk.refuse(reply, 400, body.complaint);
    if (!isMeant(server, body.options)) return;
    const data = answer(body.options, request);
    if (data === undefined) return;
    if (typeof data !== "string") return desk.answer(request, kind === "question" ? data : undefined);
    if (kind === "question") desk.fail(reply, data);
    else desk.refuse(reply, 500, data);
  };
}
