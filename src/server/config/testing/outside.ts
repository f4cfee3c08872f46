// A small outside world for tests of the configuration: files in memory and a few variables.
import assert from "node:assert/strict";
import { configure } from "../configure.ts";
import { type Flags, readCommandLine } from "../flags.ts";
import type { ServerOptions } from "../options.ts";
import type { FileRead, Outside } from "../outside.ts";

export interface World {
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly kinds?: Readonly<Record<string, ReturnType<Outside["pathKind"]>>>;
}

export function outsideOf({ files = {}, variables = {}, kinds = {} }: World = {}): Outside {
  const fileMap = new Map(Object.entries(files));
  const variableMap = new Map(Object.entries(variables));
  return {
    readFile(path): FileRead {
      const text = fileMap.get(path);
      if (text === undefined) return { kind: "failed", code: "ENOENT" };
      return { kind: "read", bytes: Buffer.from(text) };
    },
    env: (name) => variableMap.get(name),
    pathKind: (path) => new Map(Object.entries(kinds)).get(path) ?? "nothing",
  };
}

/** A configuration file named `s.conf` with this text, and flags as on a command line. */
export function configured(text: string, world: World = {}, argv: readonly string[] = []) {
  const files = { ...world.files, "s.conf": text };
  return configure(flagsOf(["-c", "s.conf", ...argv]), outsideOf({ ...world, files }));
}

export function flagsOf(argv: readonly string[]): Flags {
  const line = readCommandLine(argv);
  assert.equal(line.kind, "run");
  return (line as { flags: Flags }).flags;
}

export function optionsOf(text: string, world: World = {}, argv: readonly string[] = []): ServerOptions {
  const result = configured(text, world, argv);
  assert.equal(result.kind, "options", result.kind === "refused" ? result.message : "");
  return (result as { options: ServerOptions }).options;
}

/** Why a start is refused, without a last line feed. */
export function refusalOf(text: string, world: World = {}, argv: readonly string[] = []): string {
  const result = configured(text, world, argv);
  return result.kind === "refused" ? result.message.trimEnd() : "accepted";
}
