// The files and variables that a configuration may name.

import { accessSync, constants, readFileSync, statSync } from "node:fs";
import type { FileRead, Outside } from "../server/config/outside.ts";

export const outside: Outside = {
  readFile: (path): FileRead => {
    try {
      return { kind: "read", bytes: readFileSync(path) };
    } catch (error) {
      return { kind: "failed", code: codeOf(error) };
    }
  },
  env: (name) => process.env[name],
  pathKind: (path) => {
    try {
      if (!statSync(path).isDirectory()) return "other";
    } catch (error) {
      if (codeOf(error) === "ENOENT") return "nothing";
      return "other";
    }
    try {
      accessSync(path, constants.W_OK);
      return "directory";
    } catch (error) {
      if (codeOf(error) === "EACCES" || codeOf(error) === "EROFS") return "unwritable-directory";
      throw error;
    }
  },
};

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  throw error;
}
