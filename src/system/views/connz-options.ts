// What a request for connections asks for: in a body of JSON, or in an address. [nats-server monitor.go ConnzOptions, HandleConnz]

import type { Query } from "../query.ts";
import type { OptionGroups, Options } from "../request-body.ts";

const sorts = [
  "cid",
  "start",
  "subs",
  "pending",
  "msgs_to",
  "msgs_from",
  "bytes_to",
  "bytes_from",
  "last",
  "idle",
  "uptime",
  "stop",
  "reason",
  "rtt",
] as const;
export type ConnzSort = (typeof sorts)[number];

export function isConnzSort(text: string): text is ConnzSort {
  return (sorts as readonly string[]).includes(text);
}

/** "none" is what a number stands for that names no state. */
export type ConnzState = "open" | "closed" | "any" | "none";

export interface ConnzOptions {
  /** As asked for: it may be none that there is. */
  readonly sort: ConnzSort;
  readonly auth: boolean;
  readonly subscriptions: "none" | "names" | "detail";
  readonly offset: bigint;
  readonly limit: bigint;
  readonly cid: bigint;
  readonly state: ConnzState;
  readonly user: string;
  readonly account: string;
  readonly filterSubject: string;
  readonly mqttClient: string;
}

export const connzGroup: OptionGroups = {
  ConnzOptions: {
    sort: "string",
    auth: "bool",
    subscriptions: "bool",
    subscriptions_detail: "bool",
    offset: "int",
    limit: "int",
    cid: "uint64",
    mqtt_client: "string",
    state: "int",
    user: "string",
    acc: "string",
    filter_subject: "string",
  },
};

const states: ReadonlyMap<bigint, ConnzState> = new Map([
  [0n, "open"],
  [1n, "closed"],
  [2n, "any"],
]);

export function connzOptions(options: Options): ConnzOptions {
  const named = options.flag("subscriptions") ? "names" : "none";
  return {
    sort: (options.text("sort") || "cid") as ConnzSort,
    auth: options.flag("auth"),
    subscriptions: options.flag("subscriptions_detail") ? "detail" : named,
    offset: options.number("offset"),
    limit: options.number("limit"),
    cid: options.number("cid"),
    state: states.get(options.number("state")) ?? "none",
    user: options.text("user"),
    account: options.text("acc"),
    filterSubject: options.text("filter_subject"),
    mqttClient: options.text("mqtt_client"),
  };
}

/** What cannot be read is complained of by the query. */
export function connzQuery(query: Query): ConnzOptions {
  return {
    sort: (query.text("sort") || "cid") as ConnzSort,
    auth: query.flag("auth"),
    subscriptions: subscriptionsIn(query),
    offset: query.int("offset"),
    limit: query.int("limit"),
    cid: query.uint("cid"),
    state: stateIn(query),
    user: query.text("user"),
    account: query.text("acc"),
    filterSubject: "",
    mqttClient: query.text("mqtt_client"),
  };
}

/** `subs=detail`, or a flag. */
export function subscriptionsIn(query: Query): ConnzOptions["subscriptions"] {
  if (query.text("subs").toLowerCase() === "detail") return "detail";
  return query.flag("subs") ? "names" : "none";
}

function stateIn(query: Query): ConnzState {
  const text = query.text("state");
  switch (text.toLowerCase()) {
    case "":
    case "open":
      return "open";
    case "closed":
      return "closed";
    case "any":
    case "all":
      return "any";
    default:
      query.refuse(`Error decoding state for ${text}`);
      return "none";
  }
}
