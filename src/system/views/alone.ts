// What a server that stands alone says of its neighbours: that it has none. [nats-server monitor.go Routez, Gatewayz, Leafz]

import type { OptionGroups } from "../request-body.ts";
import type { SubjectServer } from "../subject-server.ts";
import { timestamp } from "../timestamps.ts";

export const routezGroup: OptionGroups = {
  RoutezOptions: { subscriptions: "bool", subscriptions_detail: "bool" },
};
export const leafzGroup: OptionGroups = { LeafzOptions: { subscriptions: "bool", account: "string" } };
export const gatewayzGroup: OptionGroups = {
  GatewayzOptions: {
    name: "string",
    accounts: "bool",
    account_name: "string",
    subscriptions: "bool",
    subscriptions_detail: "bool",
  },
};

export function routez({ identity, clock }: SubjectServer): object {
  return {
    server_id: identity.id,
    server_name: identity.name,
    now: timestamp(clock.nowNs()),
    num_routes: 0,
    routes: [],
  };
}

export function gatewayz({ identity, clock }: SubjectServer): object {
  return {
    server_id: identity.id,
    now: timestamp(clock.nowNs()),
    outbound_gateways: {},
    inbound_gateways: {},
  };
}

export function leafz({ identity, clock }: SubjectServer): object {
  return { server_id: identity.id, now: timestamp(clock.nowNs()), leafnodes: 0, leafs: [] };
}
