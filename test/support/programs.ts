// Where the real programs are that some tests and the benchmark need.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Environment variables that name a program outright. */
const variables: Readonly<Record<string, string>> = {
  "nats-server": "NATS_SERVER_BIN",
  nats: "NATS_CLI_BIN",
  scw: "SCW_BIN",
  nsc: "NSC_BIN",
  python: "NATS_PYTHON_BIN",
};

/** The path of a program: from its variable, from the project's own tools, or from PATH. Our own launchers do not count. */
export function findProgram(name: string): string | undefined {
  const named = process.env[variables[name] ?? ""];
  if (named !== undefined && named !== "") return named;
  const own = join(import.meta.dirname, "../../bin");
  const folders = [join(import.meta.dirname, "../../.cache/tools"), ...(process.env.PATH ?? "").split(delimiter)];
  return folders
    .filter((folder) => folder !== "" && folder !== own)
    .map((folder) => join(folder, name))
    .find(isExecutable);
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
