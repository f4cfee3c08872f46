// JetStream, as monitoring shows it where there is none. [nats-server monitor.go Jsz]

import { timestamp } from "../desk.ts";
import type { SubjectServer } from "../subject-server.ts";

export function jsz(server: SubjectServer): object {
  return {
    server_id: server.identity.id,
    now: timestamp(server.clock.nowNs()),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    limits: {},
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
  };
}
