// `chappe serve`: composes the control plane out of its rooms, brings it up in order, and takes it down in reverse.

import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../base/assert.ts";
import { createControl } from "../control/control.ts";
import { Reconciler } from "../control/regions/reconciler.ts";
import { Regions } from "../control/regions/regions.ts";
import { trustIn } from "../control/regions/trust.ts";
import { openStore } from "../control/store/sql-store.ts";
import { NewerFormat, type Store } from "../control/store/store.ts";
import { Vault } from "../control/vault.ts";
import { realClock } from "../node/clock.ts";
import { type HttpListener, listenHttp } from "../node/http.ts";
import { dialLine } from "../node/nats-line.ts";
import { NodeNetwork } from "../node/network.ts";
import { realProcesses } from "../node/process.ts";
import { realRandom } from "../node/random.ts";
import { openSqlite } from "../node/sqlite.ts";
import type { Endpoint } from "../ports/network.ts";
import type { Trace } from "../ports/trace.ts";
import { brokerSettings } from "./broker-settings.ts";
import { httpUrl } from "./chappe-env.ts";
import type { ServeOptions } from "./chappe-options.ts";
import { cellFiles, DataDirectory, type RunFile, readAddresses } from "./data-directory.ts";
import { Exit } from "./exit.ts";
import { firstOrganization, type InstallationKeys, installationKeys } from "./installation.ts";
import { isLoopback, nearHost, publicHost, type TlsMaterial, tlsMaterial, wantsTls } from "./tls-material.ts";

const regionNames = ["fr-par", "nl-ams"] as const;
const usPerMs = 1_000;

/** A Chappe that is up and ready. */
export interface Serving {
  readonly run: RunFile;
  readonly isFirst: boolean;
  readonly tls: boolean;
  /** Reads certificates again. */
  reload(): void;
}

export class Service {
  readonly #options: ServeOptions;
  readonly #trace: Trace;
  /** What has been brought up, to be taken down in reverse. */
  readonly #takeDown: (() => Promise<void> | void)[] = [];
  #stopping = false;
  /** The certificate that cells were last told to read and the one before, in PEM. */
  #certificates: readonly string[] = [];
  /** Writes run.json anew; does nothing before there is one. */
  #announce: () => void = () => undefined;

  constructor(options: ServeOptions, trace: Trace) {
    this.#options = options;
    this.#trace = trace;
  }

  /** @throws Exit where a person can do something about it; whatever came up is then taken down by `stop`. */
  async start(): Promise<Serving> {
    const options = this.#options;
    const directory = DataDirectory.open(options.data);
    this.#takeDown.push(() => directory.release());
    const tls = wantsTls(options) ? tlsMaterial(options, realClock.now()) : undefined;
    if (tls !== undefined) this.#certificates = [tls.certificate];
    if (tls === undefined && !isLoopback(options.nats.host)) {
      this.#trace.log(
        "warn",
        `NATS listens on ${options.nats.host} without TLS: anyone on the way can read along`,
      );
    }
    if (!isLoopback(options.http.host)) {
      this.#trace.log(
        "warn",
        `the API listens on ${options.http.host} in plain HTTP: put a TLS proxy before it`,
      );
    }
    checkBroker(options.broker);
    // A start that failed has shown nobody what it made: the first is the first that comes up.
    const isFirst = readAddresses(options.data) === undefined;
    const http = await this.#apiAddress();
    const memory = await this.#memory(directory);

    const regions = this.#regions(memory, tls);
    this.#takeDown.push(() => regions.stop(options.keepCells));
    await asExit("--nats", regions.start());
    const api = await this.#api(memory, regions, http);
    const url = httpUrl({ host: nearHost(http.host), port: api.port });

    directory.writeAddresses({ http: url, localCa: tls !== undefined && options.tlsFiles === undefined });
    this.#takeDown.push(() => directory.removeRunFile());
    const run = { pid: process.pid, http: url, nats: Object.fromEntries(regions.endpoints()) };
    this.#announce = () => {
      const nats = Object.fromEntries(regions.endpoints());
      if (!this.#stopping) directory.writeRunFile({ ...run, nats });
    };
    this.#announce();
    // However this process ends, short of SIGKILL, nobody is told that it is up.
    process.once("exit", () => directory.removeRunFile());
    return { run, isFirst, tls: tls !== undefined, reload: () => this.#reload(regions) };
  }

  /** Takes down what is up, the last first: no new requests, those under way answered, cells ended unless they are kept. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (let down = this.#takeDown.pop(); down !== undefined; down = this.#takeDown.pop()) await down();
  }

  async #memory(directory: DataDirectory): Promise<Memory> {
    const path = directory.file("chappe.db");
    const vault = new Vault(directory.masterKey(existsSync(path)), realRandom());
    const store = await openedStore(path);
    this.#takeDown.push(() => store.close());
    const nowUs = realClock.now() * usPerMs;
    const keys = await installationKeys(store, vault, nowUs);
    const keep = directory.writeAdminKey.bind(directory);
    await firstOrganization(store, regionNames[0], nowUs, keep);
    return { store, vault, keys };
  }

  #regions({ store, keys }: Memory, tls: TlsMaterial | undefined): Regions {
    const { data, nats, natsIsDefault, natsPublic, broker } = this.#options;
    const ownBroker = join(import.meta.dirname, "../../bin/nats-server");
    const program = broker ?? ownBroker;
    const settings = {
      regions: regionNames,
      directory: join(data, "cells"),
      program,
      listen: nats,
      portAsked: !natsIsDefault,
      public: natsPublic ?? { host: publicHost(nats.host), port: 0 },
      tls: tls === undefined ? undefined : { ...tls, certificates: () => this.#certificates },
      brokerSettings: brokerSettings(program, ownBroker, regionNames.length),
    };
    return new Regions(settings, {
      store,
      trust: trustIn(keys, realClock, realRandom()),
      clock: realClock,
      trace: this.#trace,
      processes: realProcesses,
      files: cellFiles,
      dial: dialLine,
      freePort,
      grown: () => this.#announce(),
    });
  }

  /** The first pass over everything comes before the first request: what an earlier run left half done is not seen. */
  async #api({ store, vault, keys }: Memory, links: Regions, at: Endpoint): Promise<HttpListener> {
    const trace = this.#trace;
    const control = createControl({
      store,
      vault,
      links,
      clock: realClock,
      random: realRandom(),
      trace,
      operator: keys.operatorSigning,
      systemAccountId: keys.systemAccount.publicKey,
      ready: () => !this.#stopping,
    });
    const reconciler = new Reconciler(realClock, trace, (signal) => control.converge(signal));
    this.#takeDown.push(() => reconciler.stop());
    await reconciler.round();
    const api = await asExit("--http", listenHttp(at, control.handle));
    this.#takeDown.push(() => api.close());
    return api;
  }

  /** The address asked for; without one, a free port that an earlier start took is kept. */
  async #apiAddress(): Promise<Endpoint> {
    const { http, httpIsDefault, data } = this.#options;
    const known = httpIsDefault || http.port === 0 ? readAddresses(data)?.http : undefined;
    const port = known === undefined ? http.port : Number(new URL(known).port);
    await asExit("--http", freePort(http.host, port));
    return { host: http.host, port };
  }

  #reload(regions: Regions): void {
    try {
      const certificate = wantsTls(this.#options)
        ? tlsMaterial(this.#options, realClock.now()).certificate
        : undefined;
      // A terminal that closes says SIGHUP too: cells are only bothered with news.
      if (certificate === this.#certificates[0]) {
        this.#trace.log("info", "SIGHUP: nothing to read again");
        return;
      }
      this.#certificates = [certificate!, ...this.#certificates].slice(0, 2);
      regions.reload();
      this.#trace.log("info", "SIGHUP: cells read their new certificate");
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      this.#trace.log("error", `certificates stay as they were: ${error.message}`);
    }
  }
}

interface Memory {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: InstallationKeys;
}

async function openedStore(path: string): Promise<Store> {
  try {
    return await openStore(openSqlite(path));
  } catch (error) {
    if (error instanceof NewerFormat) {
      throw new Exit(
        "data",
        error.message,
        "Run the version of Chappe that was here last, or a newer one.",
        error,
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new Exit(
      "data",
      `the database ${path} cannot be used: ${why}`,
      "Put it back from a backup.",
      error,
    );
  }
}

/** A program for the cells that cannot be started is known before anything else is. */
function checkBroker(path: string | undefined): void {
  if (path === undefined) return;
  try {
    accessSync(path, constants.X_OK);
    if (statSync(path).isFile()) return;
  } catch (error) {
    throw notRunnable(path, (error as Error).message, error);
  }
  throw notRunnable(path, "it is no file");
}

function notRunnable(path: string, why: string, cause?: unknown): Exit {
  const remedy = "Name a nats-server with CHAPPE_BROKER, or leave it out.";
  return new Exit("usage", `CHAPPE_BROKER: ${path} cannot be run: ${why}`, remedy, cause);
}

/** Binds an address and lets it go again: whoever is to listen there can. */
async function freePort(host: string, port: number): Promise<number> {
  const listener = await new NodeNetwork().listen({ host, port }, (socket) => socket.destroy());
  await listener.close();
  return listener.address.port;
}

/** An address that cannot be bound is something a person can change. */
async function asExit<T>(flag: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code =
      error instanceof Fault ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
    if (code === undefined || !["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOTFOUND"].includes(code))
      throw error;
    const remedy = `Choose another address with ${flag}, or end the program that has this one (ss -ltnp shows it).`;
    throw new Exit("bind", `cannot ${(error as Error).message}`, remedy, error);
  }
}

/** A version of the package, whether it runs from sources or is installed. */
export function ownVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
