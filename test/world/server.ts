// A whole broker in memory, with time, chance and network in the test's hands.

import type { Forwarder } from "../../src/forward/reference.ts";
import type { Disk } from "../../src/ports/disk.ts";
import type { Memory } from "../../src/ports/memory.ts";
import { silent, type Trace } from "../../src/ports/trace.ts";
import { configureText } from "../../src/server/config/configure.ts";
import type { Outside } from "../../src/server/config/outside.ts";
import { NatsServer } from "../../src/server/server.ts";
import { ManualClock } from "./clock.ts";
import { MemoryNetwork, type Peer } from "./network.ts";
import { seededRandom } from "./random.ts";

export interface MemoryServer {
  readonly server: NatsServer;
  readonly clock: ManualClock;
  readonly network: MemoryNetwork;
  /** A peer that has read the greeting. */
  connect(host?: string): Peer;
  /** A peer that has said CONNECT with these options. */
  client(options?: object, host?: string): Peer;
  /** Takes on another configuration; answers why not. */
  reload(config: string): string | undefined;
}

const noDisk = new Proxy({} as Disk, {
  get: (_target, name) => () => {
    throw new Error(`this world has no disk (${String(name)})`);
  },
});

const outside: Outside = {
  readFile: () => ({ kind: "failed", code: "ENOENT" }),
  env: () => undefined,
  pathKind: () => "nothing",
};

export interface MemoryServerOptions {
  readonly seed?: number;
  /** Queue groups are asked from their first member on instead of from a random one. */
  readonly firstMember?: boolean;
  readonly memory?: Memory;
  /** Where the log goes; by itself nowhere. */
  readonly trace?: Trace;
  readonly makeForwarder?: ((below: (bound: number) => number) => Forwarder) | undefined;
}

/** @param config text in nats-server's grammar */
export async function memoryServer(config = "", options: MemoryServerOptions = {}): Promise<MemoryServer> {
  const clock = new ManualClock();
  const network = new MemoryNetwork();
  const read = (text: string) => configureText(`port: -1\n${text}`, "memory.conf", outside);
  const configured = read(config);
  if (configured.kind === "refused") throw new Error(configured.message);
  const random = seededRandom(options.seed ?? 1);
  const world = {
    clock,
    random: options.firstMember ? { ...random, below: () => 0 } : random,
    disk: noDisk,
    network,
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    trace: options.trace ?? silent,
  };
  const server = new NatsServer(configured.options, world, options.makeForwarder);
  await server.start();
  const connect = (host?: string): Peer => network.connect(server.clientEndpoint!.port, host);
  const client = (options: object = {}, host?: string): Peer => {
    const peer = connect(host);
    peer.send(
      `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, headers: true, protocol: 1, ...options })}\r\n`,
    );
    peer.takeHeard();
    return peer;
  };
  const reload = (text: string): string | undefined => {
    server.reread = () => read(text);
    return server.reload();
  };
  return { server, clock, network, connect, client, reload };
}
