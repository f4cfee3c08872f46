// The files by which others find a running broker: its pid, and the ports it listens on. [nats-server server.go logPid, logPorts]

import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { Fault } from "../base/assert.ts";
import { bracketed } from "../base/host-port.ts";
import type { Trace } from "../ports/trace.ts";
import type { ServerOptions } from "../server/config/options.ts";
import { fileFailure } from "../server/config/outside.ts";
import type { NatsServer } from "../server/server.ts";

/** @throws Fault when it cannot be written. */
export function writePidFile({ pidFile }: ServerOptions): void {
  if (pidFile === "") return;
  // Without a newline: some read it with a parser that takes digits only.
  const why = failure("open", pidFile, () => writeFileSync(pidFile, String(process.pid), { mode: 0o600 }));
  if (why !== undefined) throw new Fault(`Could not write pidfile: ${why}`);
}

/** Where it cannot be written, that is said: a server does not stop for it. */
export function writePortsFile(server: NatsServer, trace: Trace): void {
  const { portsFileDirectory } = server.options;
  if (portsFileDirectory === "") return;
  const path = pathIn(portsFileDirectory);
  const ports = Object.entries(server.ports()).map(([name, urls]) => [name, urls.flatMap(everyAddress)]);
  // Whoever waits for it reads it as soon as it is there.
  const why = failure("open", path, () => {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(ports)), { mode: 0o666 });
    renameSync(`${path}.new`, path);
  });
  if (why !== undefined) trace.log("error", `Error writing ports file (${path}): ${why}`);
}

export function removePortsFile(directory: string, trace: Trace): void {
  if (directory === "") return;
  const path = pathIn(directory);
  const why = failure("remove", path, () => unlinkSync(path));
  if (why !== undefined) trace.log("error", `Error cleaning up ports file ${path}: ${why}`);
}

/** @throws Fault when the pid file cannot be written. */
export function followReload(before: ServerOptions, server: NatsServer, trace: Trace): void {
  const after = server.options;
  if (after.pidFile !== before.pidFile) writePidFile(after);
  if (after.portsFileDirectory === before.portsFileDirectory) return;
  removePortsFile(before.portsFileDirectory, trace);
  writePortsFile(server, trace);
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
  const hosts = interfaces.map((each) => bracketed(each!.address));
  return hosts.map((host) => scheme + host + port);
}

/** Why it could not be done, in the words of a Go program. */
function failure(what: "open" | "remove", path: string, act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return fileFailure(what, path, code);
  }
}
