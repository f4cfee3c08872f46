// One NATS server: built from options and a world, started, reloaded, drained and stopped.

import { Directory, globalAccountName, systemAccountName } from "../account/directory.ts";
import type { Account } from "../account/account.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { Turn } from "../forward/outbox.ts";
import { Forwarder } from "../forward/reference.ts";
import { KeyPair } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { Listener } from "../ports/network.ts";
import type { ServerInfo } from "../wire/frames.ts";
import { ClaimsDesk } from "../system/claims-desk.ts";
import { Desk } from "../system/desk.ts";
import { Events } from "../system/events.ts";
import { ServerDesk } from "../system/server-desk.ts";
import type { SubjectServer } from "../system/subject-server.ts";
import { openUserDesk } from "../system/user-desk.ts";
import { buildAuthenticator, buildOperatorAccounts } from "./authentication.ts";
import type { Endpoint, ServerOptions } from "./config/options.ts";
import { Reception } from "./reception.ts";
import { sessionSettings } from "./settings.ts";
import { review } from "./tenure.ts";
import { turnClock } from "./turn-clock.ts";
import { apiLevel, build, natsVersion, runtimeName } from "./version.ts";
import type { World } from "./world.ts";

export class NatsServer {
  /** The server's own key; its public half is the server's id. */
  readonly id: string;
  readonly reception: Reception;
  readonly directory: Directory;
  /** Operator mode's accounts; absent where the configuration lists its users. */
  readonly accounts: OperatorAccounts | undefined;
  readonly options: ServerOptions;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #turn = new Turn();
  #clients: Listener | undefined;

  /** @param makeForwarder the form of forwarding to run on; the plain one unless a test says otherwise */
  constructor(
    options: ServerOptions,
    world: World,
    makeForwarder: (below: (bound: number) => number) => Forwarder = (below) => new Forwarder(below),
  ) {
    this.options = options;
    this.#world = world;
    this.#clock = turnClock(world.clock, this.#turn);
    this.id = KeyPair.create("server", world.random.bytes(32)).publicKey;
    const below = (bound: number): number => world.random.below(bound);
    const forwarder = makeForwarder(below);
    this.directory = new Directory({ forwarder, below });
    const system = this.directory.ensure(options.systemAccount ?? systemAccountName);
    this.directory.appointSystem(system);
    if (options.operator === undefined) this.directory.ensure(globalAccountName);
    this.accounts = buildOperatorAccounts(options, this.directory, world, this.#clock);
    this.reception = new Reception(
      {
        clock: this.#clock,
        random: world.random,
        trace: world.trace,
        turn: this.#turn,
        forwarder,
        directory: this.directory,
        closedConnectionsKept: options.limits.closedConnections,
      },
      sessionSettings(options),
      buildAuthenticator(options, this.directory, this.accounts, world),
      () => this.#greeting(),
    );
    this.reception.maxConnections = options.limits.connections;
    this.#openDesks(system, forwarder);
  }

  get name(): string {
    return this.options.serverName ?? this.id;
  }

  /** Where clients are listened for, once started. */
  get clientEndpoint(): Endpoint | undefined {
    return this.#clients?.address;
  }

  /** Binds every listener. @throws Fault when one cannot be bound. */
  async start(): Promise<void> {
    this.#clients = await this.#world.network.listen(this.options.listen, (socket) => {
      this.reception.accept(socket, "STANDARD");
    });
    const { host, port } = this.#clients.address;
    this.#world.trace.log("info", `Listening for client connections on ${host}:${port}`);
  }

  /** Closes listeners and sessions. */
  async stop(): Promise<void> {
    const closing = this.#clients?.close();
    for (const session of [...this.reception.roster.all()]) session.end("Server Shutdown");
    this.#turn.end();
    await closing;
  }

  /** The addresses of each kind of listener, for the ports file. */
  ports(): Record<string, readonly string[]> {
    const client = this.#clients?.address;
    if (client === undefined) return {};
    const scheme = this.options.tls === undefined ? "nats" : "tls";
    return { nats: [`${scheme}://${client.host}:${client.port}`] };
  }

  /** The server's own places in the system account, and its one in every other. */
  #openDesks(system: Account, forwarder: Forwarder): void {
    const { reception, directory } = this;
    const { random } = this.#world;
    const { tags, metadata } = this.options;
    const server: SubjectServer = {
      identity: {
        id: this.id,
        name: this.name,
        host: this.options.listen.host,
        version: natsVersion,
        tags,
        metadata,
        jetstream: false,
      },
      clock: this.#clock,
      random,
      forwarder,
      directory,
      roster: reception.roster,
      system,
    };
    const desk = new Desk(server, system);
    new ServerDesk(server, desk).open();
    reception.listener = new Events(server, desk);
    directory.onNew = (account) => openUserDesk(server, account, desk);
    for (const account of directory.all()) openUserDesk(server, account, desk);
    if (this.accounts === undefined) return;
    new ClaimsDesk(desk, this.accounts, system.name).open();
    this.accounts.onChange = (loaded, change) => review(reception, loaded, change);
  }

  #greeting(): ServerInfo {
    const listen = this.#clients?.address ?? this.options.listen;
    return {
      server_id: this.id,
      server_name: this.name,
      version: natsVersion,
      proto: 1,
      git_commit: build,
      go: runtimeName,
      host: listen.host,
      port: listen.port,
      headers: this.options.headers,
      max_payload: this.options.limits.payloadBytes,
      api_lvl: apiLevel,
    };
  }
}
