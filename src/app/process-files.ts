// The files by which others find a running broker: its pid, and the ports it listens on. [nats-server server.go logPid, logPorts]

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { Fault } from "../base/assert.ts";
import type { ServerOptions } from "../server/config/options.ts";
import type { NatsServer } from "../server/server.ts";

/** @throws Fault when it cannot be written. */
export function writePidFile({ pidFile }: ServerOptions): void {
  if (pidFile === "") return;
  // Without a newline: some read it with a parser that takes digits only.
  write(() => writeFileSync(pidFile, String(process.pid)), "Could not write pidfile");
}

/** @throws Fault when it cannot be written. */
export function writePortsFile(server: NatsServer): void {
  const { portsFileDirectory } = server.options;
  if (portsFileDirectory === "") return;
  const path = pathIn(portsFileDirectory);
  const ports = Object.entries(server.ports()).map(([name, urls]) => [name, urls.flatMap(everyAddress)]);
  // Whoever waits for it reads it as soon as it is there.
  write(() => {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(ports)), { mode: 0o666 });
    renameSync(`${path}.new`, path);
  }, `Error writing ports file (${path})`);
}

export function removePortsFile(directory: string): void {
  if (directory !== "") rmSync(pathIn(directory), { force: true });
}

/** @throws Fault when a file cannot be written. */
export function followReload(before: ServerOptions, server: NatsServer): void {
  const after = server.options;
  if (after.pidFile !== before.pidFile) writePidFile(after);
  if (after.portsFileDirectory === before.portsFileDirectory) return;
  removePortsFile(before.portsFileDirectory);
  writePortsFile(server);
}

function pathIn(directory: string): string {
  return `${directory}/nats-server_${process.pid}.ports`;
}

/** A server on every address is told by each of them, IPv4 before IPv6 of the same interface. */
function everyAddress(url: string): readonly string[] {
  const parts = /^(\w+:\/\/)(0\.0\.0\.0|\[::\])(:\d+)$/.exec(url);
  if (parts === null) return [url];
  const [, scheme = "", , port = ""] = parts;
  const interfaces = Object.values(process.getBuiltinModule("node:os").networkInterfaces()).flat();
  const hosts = interfaces.map((each) => (each!.family === "IPv6" ? `[${each!.address}]` : each!.address));
  return hosts.map((host) => scheme + host + port);
}

function write(act: () => void, complaint: string): void {
  try {
    act();
  } catch (cause) {
    throw new Fault(complaint, { cause });
  }
}
