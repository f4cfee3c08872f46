// STATSZ: what the server does, told every ten seconds and to whoever asks; the first ones come sooner, so that a system
// that starts is soon complete. [nats-server events.go sendStatsz, heartbeatStatsz]

import type { Alarm } from "../ports/clock.ts";
import { type Desk, serverInfo } from "./desk.ts";
import { sparse } from "./go-json.ts";
import type { SubjectServer } from "./subject-server.ts";
import { timestamp } from "./timestamps.ts";
import { byKind } from "./views/varz.ts";

const firstMs = 250;
const intervalMs = 10_000;
/** Broadcasts are at least this far apart, unless somebody asks for one. */
const apartMs = 1_000;

export class Statsz {
  readonly #server: SubjectServer;
  readonly #desk: Desk;
  readonly #subject: string;
  #intervalMs = firstMs;
  #lastMs = Number.NEGATIVE_INFINITY;
  #alarm: Alarm | undefined;

  constructor(server: SubjectServer, desk: Desk) {
    this.#server = server;
    this.#desk = desk;
    this.#subject = `$SYS.SERVER.${server.identity.id}.STATSZ`;
  }

  start(): void {
    this.#alarm = this.#server.clock.after(this.#intervalMs, () => this.#beat());
  }

  stop(): void {
    this.#alarm?.cancel();
  }

  /** To everybody, now. */
  broadcast(): void {
    this.#lastMs = this.#server.clock.monotonicMs();
    if (this.#server.system.hasInterest(this.#subject)) this.send(this.#subject);
  }

  send(subject: string): void {
    this.#desk.publish(subject, { server: serverInfo(this.#server), statsz: statsz(this.#server) });
  }

  #beat(): void {
    this.#intervalMs = Math.min(this.#intervalMs * 2, intervalMs);
    const waitMs = Math.min(apartMs, this.#intervalMs);
    const earlyMs = waitMs - (this.#server.clock.monotonicMs() - this.#lastMs);
    if (earlyMs <= 0) this.broadcast();
    const pauseMs = earlyMs > 0 ? earlyMs : this.#intervalMs;
    this.#alarm = this.#server.clock.after(pauseMs, () => this.#beat());
  }
}

/** [nats-server events.go ServerStats] */
function statsz(server: SubjectServer): object {
  server.forwarder.settle();
  const { roster, totals, directory } = server;
  const { received, sent } = totals.traffic(roster.all());
  const { cpu, memoryBytes, cores } = server.usage();
  let subscriptions = 0;
  let active = 0;
  for (const account of directory.all()) {
    subscriptions += account.subscriptionCount;
    if (roster.of(account).size > 0) active++;
  }
  const { slowConsumers, staleConnections } = totals;
  return {
    start: timestamp(server.startedAt),
    mem: memoryBytes,
    cores,
    cpu,
    connections: roster.size,
    total_connections: roster.total,
    active_accounts: active,
    subscriptions,
    sent: dataStats(sent),
    sent_to_clients: dataStats(sent),
    received: dataStats(received),
    received_from_clients: dataStats(received),
    slow_consumers: slowConsumers,
    ...(slowConsumers > 0 ? { slow_consumer_stats: byKind(slowConsumers) } : {}),
    ...sparse({ stale_connections: staleConnections }),
    ...(staleConnections > 0 ? { stale_connection_stats: byKind(staleConnections) } : {}),
    ...sparse({ stalled_clients: totals.stalledClients(roster.all()) }),
    active_servers: 1,
    gomaxprocs: cores,
  };
}

export function dataStats({
  messages,
  bytes,
}: {
  readonly messages: number;
  readonly bytes: number;
}): object {
  return { msgs: messages, bytes };
}
