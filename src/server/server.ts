// One NATS server: built from options and a world, started, reloaded, drained and stopped.

import type { Account } from "../account/account.ts";
import { Directory, systemAccountName } from "../account/directory.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { hostPort } from "../base/host-port.ts";
import { Turn } from "../forward/outbox.ts";
import { Forwarder } from "../forward/reference.ts";
import { KeyPair } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { Authenticator } from "../session/identity.ts";
import type { Session } from "../session/session.ts";
import type { Door, SubjectServer } from "../system/subject-server.ts";
import { Totals } from "../system/totals.ts";
import { configureAccounts } from "./accounts.ts";
import { AuthCallout } from "./auth-callout.ts";
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
import { Doors } from "./doors.ts";
import { Entrance, type EntranceRules } from "./entrance.ts";
import { clientGreeting, webSocketGreeting } from "./greeting.ts";
import { LameDuck } from "./lame-duck.ts";
import { ClaimLinks } from "./links-claims.ts";
import { LinksWorld } from "./links-world.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { MonitorDoor } from "./monitor-door.ts";
import { Reception } from "./reception.ts";
import { applyReload } from "./reload.ts";
import { Resolver } from "./resolver.ts";
import { clientSettings, webSocketSettings } from "./settings.ts";
import { noUsage, SystemSide, warnOfEnd } from "./system-side.ts";
import { review } from "./tenure.ts";
import { turnClock } from "./turn-clock.ts";
import { build, natsVersion, runtimeName } from "./version.ts";
import type { World } from "./world.ts";

export class NatsServer {
  /** The server's own key; its public half is the server's id. */
  readonly id: string;
  /** The public half of the key that opens what is sealed for the server. */
  readonly xkey: string;
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
  readonly #callout: AuthCallout;
  readonly #clients: Entrance;
  readonly #webSockets: Entrance | undefined;
  readonly #monitorDoor: MonitorDoor;
  readonly #systemSide: SystemSide;
  readonly #memoryWatch: MemoryWatch;
  readonly #resolver: Resolver | undefined;
  #configuredAt: bigint;
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
    this.#monitorDoor = new MonitorDoor(world);
    this.#configuredAt = world.clock.nowNs();
    const key = KeyPair.create("server", world.random.bytes(32));
    const curve = KeyPair.create("curve", world.random.bytes(32));
    this.id = key.publicKey;
    this.xkey = curve.publicKey;
    this.#callout = new AuthCallout({
      name: this.name,
      key,
      curve,
      turn: this.#turn,
      clock: this.#clock,
      random: world.random,
      trace: world.trace,
      options: () => this.#options,
    });
    const forwarder = makeForwarder((bound) => world.random.below(bound));
    const links = new LinksWorld(forwarder, this.#clock, world.random, this.name);
    this.directory = new Directory(links);
    const system = this.directory.ensure(options.systemAccount ?? systemAccountName);
    this.directory.appointSystem(system);
    if (options.operator === undefined) configureAccounts(options, this.directory, world.trace);
    this.accounts = buildOperatorAccounts(options, this.directory, world, this.#clock);
    if (this.accounts !== undefined) {
      new ClaimLinks(this.accounts, this.directory, world.trace).follow();
      const parts = { accounts: this.accounts, system, world, clock: this.#clock, turn: this.#turn };
      this.#resolver = new Resolver(parts);
    }
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
    this.reception.guard.adopt(options.tenancy);
    const { reception } = this;
    this.#memoryWatch = new MemoryWatch({
      clock: this.#clock,
      trace: world.trace,
      guard: reception.guard,
      memory: world.memory ?? { usedBytes: () => 0, collect: () => undefined },
      sessions: () => reception.roster.all(),
    });
    this.#clients = new Entrance("STANDARD", reception, this.#clientRules(options), () =>
      clientGreeting(this, this.#doors.clients ?? this.#options.listen),
    );
    const ws = options.webSocket;
    if (ws !== undefined) {
      this.#webSockets = new Entrance("WEBSOCKET", reception, this.#webSocketRules(options), () =>
        webSocketGreeting(this, this.#doors.webSockets ?? ws.listen),
      );
    }
    links.server = this.#subject(system, forwarder);
    this.#systemSide = new SystemSide({ server: links.server, accounts: this.accounts });
    reception.listener = this.#systemSide.events;
    if (this.accounts !== undefined) {
      this.accounts.onChange = (loaded, change, before) => review(reception, loaded, change, before);
    }
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

  get isLameDuck(): boolean {
    return this.#lameDuck !== undefined;
  }

  /** Binds every listener. @throws Fault when one cannot be bound, or accounts cannot be found. */
  async start(): Promise<void> {
    await this.#resolver?.start(this.#options);
    await this.#monitorDoor.open(this.#options, this.#systemSide.monitor());
    try {
      await this.#doors.open(this.#options, this.#clients, this.#webSockets);
    } catch (error) {
      await this.#monitorDoor.close();
      throw error;
    }
    this.#systemSide.start();
    this.#memoryWatch.follow();
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
    this.#systemSide.events.lameDuck();
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
    this.#resolver?.stop();
    this.#systemSide.stop();
    this.#memoryWatch.stop();
    const closing = Promise.all([this.#monitorDoor.close(), this.#doors.close()]);
    for (const session of [...this.reception.roster.all()]) session.end("Server Shutdown");
    this.#turn.end();
    await closing;
  }

  /** The addresses of each kind of listener, for the ports file. */
  ports(): Record<string, readonly string[]> {
    const { clients, webSockets } = this.#doors;
    const monitoring = this.#monitorDoor.address;
    const { tls, webSocket, monitoring: asked } = this.#options;
    const ports: Record<string, readonly string[]> = {};
    if (clients !== undefined) ports.nats = [urlOf(tls === undefined ? "nats" : "tls", clients)];
    if (monitoring !== undefined)
      ports.monitoring = [urlOf(asked.http === undefined ? "https" : "http", monitoring)];
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
    if (after.operator === undefined) configureAccounts(after, this.directory, trace);
    this.#clients.adopt(this.#clientRules(after));
    if (after.webSocket !== undefined) this.#webSockets?.adopt(this.#webSocketRules(after));
    this.#resolver?.adopt(after);
    this.#doors.adopt(after);
    this.#monitorDoor.adopt(after);
    if (difference.changes.some(({ name }) => name === "Tenancy")) this.#adoptTenancy(after);
    this.#configuredAt = this.#clock.nowNs();
    const parts = { before, after, changes: difference.changes, reception: this.reception };
    const authenticatorOf = (session: Session): Authenticator =>
      (session.type === "WEBSOCKET" ? this.#webSockets! : this.#clients).authenticator;
    applyReload({ ...parts, directory: this.directory, accounts: this.accounts, authenticatorOf });
    this.#turn.end();
    this.onReloaded?.(before, after);
    trace.log("info", `Reloaded server configuration ${after.digest === "" ? "" : `(${after.digest})`}`);
    return undefined;
  }

  /** Routes that stand may be to subjects that are refused now. */
  #adoptTenancy({ tenancy }: ServerOptions): void {
    this.reception.guard.adopt(tenancy);
    this.#memoryWatch.follow();
    for (const account of this.directory.all()) account.forgetRoutes();
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
    return buildAuthenticator(options, access, this.directory, this.accounts, this.#callout, this.#world);
  }

  /** The server as its system side sees it. */
  #subject(system: Account, forwarder: Forwarder): SubjectServer {
    const { reception, directory, accounts } = this;
    const { random, usage = () => noUsage } = this.#world;
    return {
      identity: {
        id: this.id,
        name: this.name,
        host: this.options.listen.host,
        version: natsVersion,
        build,
        runtime: runtimeName,
        jetstream: false,
      },
      clock: this.#clock,
      random,
      forwarder,
      directory,
      roster: reception.roster,
      system,
      totals: new Totals(),
      startedAt: this.#configuredAt,
      configuredAt: () => this.#configuredAt,
      options: () => this.#options,
      door: () => this.#door(),
      usage,
      account: (name) => directory.find(name) ?? loadedBy(accounts, name),
      claims: (account) => accounts?.loaded(account),
      notPinned: () => accounts?.notPinned ?? 0,
      reload: () => this.reload(),
      warn: warnOfEnd,
    };
  }

  #door(): Door {
    const { tls, allowNonTls } = this.#options;
    const tlsRequired = tls !== undefined && !allowNonTls;
    return {
      listen: this.#doors.clients,
      authRequired: this.#clients.authenticator.announced,
      tlsRequired,
      tlsVerify: tlsRequired && tls.verify,
    };
  }
}

/** The account of that name as its claims make it, if there are any that hold. */
function loadedBy(accounts: OperatorAccounts | undefined, name: string): Account | undefined {
  const found = accounts?.find(name);
  return typeof found === "object" ? found.account : undefined;
}

function urlOf(scheme: string, { host, port }: Endpoint): string {
  return `${scheme}://${hostPort(host, port)}`;
}
