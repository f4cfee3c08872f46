// The listeners of one server: opened together, told where they are, closed together.

import { Fault } from "../base/assert.ts";
import { hostPort } from "../base/host-port.ts";
import type { Clock } from "../ports/clock.ts";
import type { Endpoint, Listener, Socket } from "../ports/network.ts";
import type { ServerOptions } from "./config/options.ts";
import type { TlsOptions } from "./config/options-tls.ts";
import type { Entrance } from "./entrance.ts";
import type { WebSocketDoor } from "./websocket-door.ts";
import type { World } from "./world.ts";

export class Doors {
  readonly #world: World;
  readonly #clock: Clock;
  #clients: Listener | undefined;
  #webSockets: Listener | undefined;
  #webSocketDoor: WebSocketDoor | undefined;

  constructor(world: World, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** Where clients are listened for, while they are. */
  get clients(): Endpoint | undefined {
    return this.#clients?.address;
  }

  get webSockets(): Endpoint | undefined {
    return this.#webSockets?.address;
  }

  /** @throws Fault, in nats-server's words, when one cannot be opened; then none is. */
  async open(options: ServerOptions, clients: Entrance, webSockets: Entrance | undefined): Promise<void> {
    try {
      if (webSockets !== undefined) await this.#openWebSockets(options, webSockets);
      await this.#openClients(options, clients);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** A reload's new certificates. */
  adopt(options: ServerOptions): void {
    if (options.webSocket !== undefined) this.#webSocketDoor?.adopt(options.webSocket);
  }

  /** Nobody comes in any more; who is in stays. */
  async close(): Promise<void> {
    const open = [this.#clients, this.#webSockets];
    this.#clients = undefined;
    this.#webSockets = undefined;
    await Promise.all(open.map((listener) => listener?.close()));
  }

  async #openClients(options: ServerOptions, entrance: Entrance): Promise<void> {
    const accept = await this.#throughProxy(options, entrance);
    const { host, port } = options.listen;
    this.#clients = await this.#listen(options.listen, accept, (why) => {
      return `Error listening on port: ${hostPort(host, port)}, ${JSON.stringify(why)}`;
    });
    const { address } = this.#clients;
    this.#say("info", `Listening for client connections on ${hostPort(address.host, address.port)}`);
    if (options.proxyProtocol) this.#say("info", "PROXY protocol enabled for client connections");
    if (options.tls !== undefined) this.#sayOfTls(options.tls, options.allowNonTls);
  }

  #sayOfTls({ handshakeFirst, handshakeFallbackMs }: TlsOptions, plainAllowed: boolean): void {
    const firstOnly = handshakeFirst && handshakeFallbackMs === 0;
    const manner = plainAllowed && !firstOnly ? "available" : "required";
    this.#say("info", `TLS ${manner} for client connections`);
    if (firstOnly)
      this.#say("warn", 'Clients that are not using "TLS Handshake First" option will fail to connect');
  }

  async #throughProxy(
    { proxyProtocol }: ServerOptions,
    entrance: Entrance,
  ): Promise<(socket: Socket) => void> {
    if (!proxyProtocol) return (socket) => entrance.accept(socket);
    const { ProxiedSocket } = await import("../transport/proxy-protocol.ts");
    return (socket) => entrance.accept(new ProxiedSocket(socket, this.#clock, this.#world.trace));
  }

  async #openWebSockets(options: ServerOptions, entrance: Entrance): Promise<void> {
    const { WebSocketDoor } = await import("./websocket-door.ts");
    const ws = options.webSocket!;
    const door = new WebSocketDoor(ws, entrance, this.#clock, this.#world.trace);
    this.#webSocketDoor = door;
    const accept = (socket: Socket): void => door.accept(socket);
    this.#webSockets = await this.#listen(ws.listen, accept, (why) => {
      return `Unable to listen for websocket connections: ${why}`;
    });
    const scheme = ws.tls === undefined ? "ws" : "wss";
    const { host, port } = this.#webSockets.address;
    this.#say("info", `Listening for websocket clients on ${scheme}://${host}:${port}`);
    if (ws.tls === undefined)
      this.#say("warn", "Websocket not configured with TLS. DO NOT USE IN PRODUCTION!");
  }

  async #listen(
    endpoint: Endpoint,
    accept: (socket: Socket) => void,
    complaint: (why: string) => string,
  ): Promise<Listener> {
    if (!isPort(endpoint)) throw new Fault(complaint(invalidPort(endpoint)));
    try {
      return await this.#world.network.listen(endpoint, accept);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new Fault(complaint(goReason(endpoint, error)), { code: error.context.code });
    }
  }

  #say(level: "info" | "warn", text: string): void {
    this.#world.trace.log(level, text);
  }
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "bind: address already in use"],
  ["EADDRNOTAVAIL", "bind: cannot assign requested address"],
  ["EACCES", "bind: permission denied"],
]);

/** Whether it can be listened on at all: a configuration may say any number. */
export function isPort({ port }: Endpoint): boolean {
  return port >= 0 && port <= 65_535;
}

export function invalidPort({ port }: Endpoint): string {
  return `listen tcp: address ${port}: invalid port`;
}

/** Why a port cannot be listened on, as a Go program says it. */
export function goReason({ host, port }: Endpoint, { context, message }: Fault): string {
  if (context.code === "ENOTFOUND" || context.code === "EAI_AGAIN")
    return `listen tcp: lookup ${host}: no such host`;
  return `listen tcp ${hostPort(host, port)}: ${reasons.get(context.code) ?? message}`;
}
