// The listener of monitoring, where the configuration asks for one. [nats-server server.go StartMonitoring]

import { Fault } from "../base/assert.ts";
import { hostPort } from "../base/host-port.ts";
import type { Endpoint } from "../ports/network.ts";
import type { ListenMonitor, Monitor, MonitorListener, MonitorTls } from "../system/monitor.ts";
import type { ServerOptions } from "./config/options.ts";
import { goReason, invalidPort, isPort } from "./doors.ts";
import { portTlsOptions } from "./tls-policy.ts";
import type { World } from "./world.ts";

export class MonitorDoor {
  readonly #world: World;
  #listener: MonitorListener | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Where monitoring is listened for, while it is. */
  get address(): Endpoint | undefined {
    return this.#listener?.address;
  }

  /** @throws Fault, in nats-server's words, when it cannot be opened. */
  async open(options: ServerOptions, monitor: Monitor): Promise<void> {
    const { http, https } = options.monitoring;
    const at = http ?? https;
    if (http !== undefined && https !== undefined)
      throw cannot(`can't specify both HTTP (${http.port}) and HTTPs (${https.port}) ports`);
    if (https !== undefined && options.tls === undefined) throw cannot("TLS cert and key required for HTTPS");
    const listen = this.#world.listenMonitor;
    if (at === undefined || listen === undefined) return;
    const tls = http === undefined ? monitorTls(options) : undefined;
    this.#listener = await this.#listen(listen, at, tls, monitor);
    const where = hostPort(at.host, this.#listener.address.port);
    this.#world.trace.log("info", `Starting ${tls === undefined ? "http" : "https"} monitor on ${where}`);
  }

  /** A reload's new certificate. */
  adopt(options: ServerOptions): void {
    if (options.monitoring.https !== undefined && options.tls !== undefined) {
      this.#listener?.adopt(monitorTls(options)!);
    }
  }

  async close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  async #listen(
    listen: ListenMonitor,
    at: Endpoint,
    tls: MonitorTls | undefined,
    monitor: Monitor,
  ): Promise<MonitorListener> {
    if (!isPort(at)) throw cannotListen(invalidPort(at));
    try {
      return await listen(at, tls, (request) => monitor.answer(request));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw cannotListen(goReason(at, error), error.context.code);
    }
  }
}

function cannotListen(why: string, code?: unknown): Fault {
  return cannot(`can't listen to the monitor port: ${why}`, code);
}

function cannot(why: string, code?: unknown): Fault {
  return new Fault(`Can't start monitoring: ${why}`, { code });
}

function monitorTls({ tls }: ServerOptions): MonitorTls | undefined {
  if (tls === undefined) return undefined;
  const { cert, key, ciphers, minVersion } = portTlsOptions(tls);
  return {
    cert,
    key,
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
}
