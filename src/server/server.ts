// One NATS server: built from options and a world, started, reloaded, drained and stopped.

import type { Account } from "../account/account.ts";
import { Directory, systemAccountName } from "../account/directory.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { Turn } from "../forward/outbox.ts";
import { Forwarder } from "../forward/reference.ts";
import { KeyPair } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { Authenticator } from "../session/identity.ts";
import type { Session } from "../session/session.ts";
import { ClaimsDesk } from "../system/claims-desk.ts";
import { Desk } from "../system/desk.ts";
import { Events } from "../system/events.ts";
import { ServerDesk } from "../system/server-desk.ts";
import type { SubjectServer } from "../system/subject-server.ts";
import { openUserDesk } from "../system/user-desk.ts";
import { configureAccounts } from "./accounts.ts";
import {
  type AccessRules,
  buildAuthenticator,
  buildOperatorAccounts,
  clientAccess,
  webSocketAccess,
} from "./authentication.ts";
import type { Configured } from "./config/configure.ts";
import { diffOptions } from "./config/diff.ts";
import type { Endpoint, ServerOptions } from "./config/options.ts";
import { Doors, hostPort } from "./doors.ts";
import { Entrance, type EntranceRules } from "./entrance.ts";
import { clientGreeting, webSocketGreeting } from "./greeting.ts";
import { LameDuck } from "./lame-duck.ts";
import { Reception } from "./reception.ts";
import { applyReload } from "./reload.ts";
import { clientSettings, webSocketSettings } from "./settings.ts";
import { review } from "./tenure.ts";
import { turnClock } from "./turn-clock.ts";
import { natsVersion } from "./version.ts";
import type { World } from "./world.ts";

export class NatsServer {
  /** The server's own key; its public half is the server's id. */
  readonly id: string;
  readonly reception: Reception;
  readonly directory: Directory;
  /** Operator mode's accounts; absent where the configuration lists its users. */
  readonly accounts: OperatorAccounts | undefined;
  /** Reads the configuration again, for a reload; absent where there is nothing to read. */
  reread: (() => Configured) | undefined;
  /** Told after every reload that was taken over. */
  onReloaded: ((before: ServerOptions, after: ServerOptions) => void) | undefined;
  /** Told once, when lame duck mode begins. */
  onLameDuck: (() => void) | undefined;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #turn = new Turn();
  readonly #doors: Doors;
  readonly #clients: Entrance;
  readonly #webSockets: Entrance | undefined;
  #options: ServerOptions;
  #lameDuck: LameDuck | undefined;
  #stopping = false;

  /** @param makeForwarder the form of forwarding to run on; the plain one unless a test says otherwise */
  constructor(
    options: ServerOptions,
    world: World,
    makeForwarder: (below: (bound: number) => number) => Forwarder = (below) => new Forwarder(below),
  ) {
    this.#options = options;
    this.#world = world;
    this.#clock = turnClock(world.clock, this.#turn);
    this.#doors = new Doors(world, this.#clock);
    this.id = KeyPair.create("server", world.random.bytes(32)).publicKey;
    const below = (bound: number): number => world.random.below(bound);
    const forwarder = makeForwarder(below);
    this.directory = new Directory({ forwarder, below });
    const system = this.directory.ensure(options.systemAccount ?? systemAccountName);
    this.directory.appointSystem(system);
    if (options.operator === undefined) configureAccounts(options, this.directory);
    this.accounts = buildOperatorAccounts(options, this.directory, world, this.#clock);
    this.reception = new Reception({
      clock: this.#clock,
      random: world.random,
      trace: world.trace,
      turn: this.#turn,
      forwarder,
      directory: this.directory,
      closedConnectionsKept: options.limits.closedConnections,
    });
    this.reception.maxConnections = options.limits.connections;
    const { reception } = this;
    this.#clients = new Entrance("STANDARD", reception, this.#clientRules(options), () =>
      clientGreeting(this, this.#doors.clients ?? this.#options.listen),
    );
    const ws = options.webSocket;
    if (ws !== undefined) {
      this.#webSockets = new Entrance("WEBSOCKET", reception, this.#webSocketRules(options), () =>
        webSocketGreeting(this, this.#doors.webSockets ?? ws.listen),
      );
    }
    this.#openDesks(system, forwarder);
  }

  /** What holds now; a reload replaces it as a whole. */
  get options(): ServerOptions {
    return this.#options;
  }

  get name(): string {
    return this.#options.serverName ?? this.id;
  }

  /** Where clients are listened for, once started. */
  get clientEndpoint(): Endpoint | undefined {
    return this.#doors.clients;
  }

  get webSocketEndpoint(): Endpoint | undefined {
    return this.#doors.webSockets;
  }

  get isLameDuck(): boolean {
    return this.#lameDuck !== undefined;
  }

  /** Binds every listener. @throws Fault when one cannot be bound. */
  async start(): Promise<void> {
    await this.#doors.open(this.#options, this.#clients, this.#webSockets);
  }

  /** Reads the configuration again and takes it over; answers why not, and then nothing has changed. */
  reload(): string | undefined {
    if (this.reread === undefined)
      return "can only reload config when a file is provided using -c or --config";
    const read = this.reread();
    return read.kind === "refused" ? read.message : this.#adopt(read.options);
  }

  /** Closes listeners, tells clients to go and closes them little by little. Resolves when the last one is closed. */
  async lameDuck(): Promise<void> {
    if (this.#stopping || this.#lameDuck !== undefined) return;
    const { trace, random } = this.#world;
    trace.log("info", "Entering lame duck mode, stop accepting new clients");
    const sessions = [...this.reception.roster.all()];
    const options = this.#options.lameDuck;
    this.#lameDuck = new LameDuck({ clock: this.#clock, random, trace, sessions, options });
    this.onLameDuck?.();
    const closing = this.#doors.close();
    const drained = this.#lameDuck.begin();
    this.#turn.end();
    await Promise.all([closing, drained]);
  }

  /** Closes listeners and sessions. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#lameDuck?.cancel();
    const closing = this.#doors.close();
    for (const session of [...this.reception.roster.all()]) session.end("Server Shutdown");
    this.#turn.end();
    await closing;
  }

  /** The addresses of each kind of listener, for the ports file. */
  ports(): Record<string, readonly string[]> {
    const { clients, webSockets } = this.#doors;
    const { tls, webSocket } = this.#options;
    const ports: Record<string, readonly string[]> = {};
    if (clients !== undefined) ports.nats = [urlOf(tls === undefined ? "nats" : "tls", clients)];
    if (webSockets !== undefined)
      ports.websocket = [urlOf(webSocket?.tls === undefined ? "ws" : "wss", webSockets)];
    return ports;
  }

  #adopt(after: ServerOptions): string | undefined {
    const before = this.#options;
    const { trace } = this.#world;
    const opened = { ...before, listen: this.#doors.clients ?? before.listen };
    const difference = diffOptions(opened, after);
    if (difference.refusal !== undefined) return difference.refusal;
    // A port that was left to chance stays the one it became.
    this.#options = { ...after, listen: { ...after.listen, port: after.listen.port || before.listen.port } };
    if (after.operator === undefined) configureAccounts(after, this.directory);
    this.#clients.adopt(this.#clientRules(after));
    if (after.webSocket !== undefined) this.#webSockets?.adopt(this.#webSocketRules(after));
    this.#doors.adopt(after);
    const parts = { before, after, changes: difference.changes, reception: this.reception };
    const authenticatorOf = (session: Session): Authenticator =>
      (session.type === "WEBSOCKET" ? this.#webSockets! : this.#clients).authenticator;
    applyReload({ ...parts, directory: this.directory, authenticatorOf });
    this.#turn.end();
    this.onReloaded?.(before, after);
    trace.log("info", `Reloaded server configuration ${after.digest === "" ? "" : `(${after.digest})`}`);
    return undefined;
  }

  #clientRules(options: ServerOptions): EntranceRules {
    return {
      settings: clientSettings(options, this.#clock),
      authenticator: this.#authenticator(options, clientAccess(options)),
    };
  }

  #webSocketRules(options: ServerOptions): EntranceRules {
    return {
      settings: webSocketSettings(options, this.#clock),
      authenticator: this.#authenticator(options, webSocketAccess(options)),
    };
  }

  #authenticator(options: ServerOptions, access: AccessRules): Authenticator {
    return buildAuthenticator(options, access, this.directory, this.accounts, this.#world);
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
}

function urlOf(scheme: string, { host, port }: Endpoint): string {
  return `${scheme}://${hostPort(host, port)}`;
}
