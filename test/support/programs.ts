// Where the real programs are that some tests and the benchmark need.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Environment variables that name a program outright. */
const variables: Readonly<Record<string, string>> = {
  "nats-server": "NATS_SERVER_BIN",
  "config-oracle": "CONFIG_ORACLE_BIN",
  nats: "NATS_CLI_BIN",
  scw: "SCW_BIN",
  nsc: "NSC_BIN",
  python: "NATS_PYTHON_BIN",
};

/** Where test/interop/install.ts puts them. */
const installed = join(import.meta.dirname, "../../.cache/tools");

/** The path of a program: from its variable, from the project's own tools, or from PATH. Our own launchers do not count. */
export function findProgram(name: string): string | undefined {
  const named = process.env[variables[name] ?? ""];
  if (named !== undefined && named !== "") return named;
  // A Python of the machine has no nats-py: only one that was made for the tests will do.
  if (name === "python") return [join(installed, "py/bin/python")].find(isExecutable);
  const own = join(import.meta.dirname, "../../bin");
  return [installed, ...(process.env.PATH ?? "").split(delimiter)]
    .filter((folder) => folder !== "" && folder !== own)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** A program that a suite cannot do without: where it is, and what `skip` says of the tests that need it. */
export interface Needed {
  /** Empty when it is missing. */
  readonly path: string;
  /** The reason to skip, or false. Where CHAPPE_TOOLS is "required" nothing may be missing, so it is an error there. */
  readonly skip: string | false;
}

/** @throws Error when the program is missing and CHAPPE_TOOLS says that it is required. */
export function needProgram(name: string): Needed {
  const path = findProgram(name);
  if (path !== undefined) return { path, skip: false };
  const variable = variables[name] ?? "PATH";
  const reason = `no ${name} here: run bin/node test/interop/install.ts, or name one in ${variable}`;
  if (process.env.CHAPPE_TOOLS === "required") throw new Error(reason);
  return { path: "", skip: reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
