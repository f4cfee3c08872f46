// JetStream, of which there is none here yet. [nats-server monitor.go Jsz]

import type { Query } from "../query.ts";
import type { OptionGroups } from "../request-body.ts";
import type { SubjectServer } from "../subject-server.ts";
import { timestamp } from "../timestamps.ts";

export const jszGroup: OptionGroups = {
  JSzOptions: {
    account: "string",
    accounts: "bool",
    streams: "bool",
    consumer: "bool",
    direct_consumer: "bool",
    config: "bool",
    leader_only: "bool",
    offset: "int",
    limit: "int",
    raft: "bool",
    stream_leader_only: "bool",
  },
};

/** What cannot be read is complained of by the query. Answers whether only a leader is to answer. */
export function jszQuery(query: Query): boolean {
  for (const name of ["accounts", "streams", "consumers", "direct-consumers", "config"]) query.flag(name);
  query.int("offset");
  query.int("limit");
  const leaderOnly = query.flag("leader-only");
  query.flag("raft");
  query.flag("stream-leader-only");
  return leaderOnly;
}

/** Why nobody answers who asked for a leader. */
export const notLeader = "filtered response: not leader";

export function jsz({ identity, clock }: SubjectServer): object {
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    server_id: identity.id,
    now: timestamp(clock.nowNs()),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}
