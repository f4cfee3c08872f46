// What a configuration needs of the outside world: the contents of files and the environment, both passed in.

export type FileRead =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  /** `code` is the operating system's: ENOENT, EACCES, EISDIR, … */
  | { readonly kind: "failed"; readonly code: string };

export interface Outside {
  /** Paths as written in the configuration or joined to its directory; relative ones are relative to the process. */
  readFile(path: string): FileRead;
  /** The value of an environment variable, undefined if unset. */
  env(name: string): string | undefined;
  /** What stands at a path: used to refuse a resolver directory that cannot be one. */
  pathKind(path: string): "nothing" | "directory" | "unwritable-directory" | "other";
}

const reasons = new Map([
  ["ENOENT", "no such file or directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EISDIR", "is a directory"],
  ["ENOSPC", "no space left on device"],
  ["EROFS", "read-only file system"],
  ["ENOTDIR", "not a directory"],
  ["ELOOP", "too many levels of symbolic links"],
  ["ENAMETOOLONG", "file name too long"],
  ["EMFILE", "too many open files"],
  ["EINVAL", "invalid argument"],
]);

/** Why something could not be done to a file, in the words of a Go program. */
export function fileFailure(act: "open" | "remove", path: string, code: string): string {
  return `${act} ${path}: ${reasons.get(code) ?? code}`;
}

/** Why a file could not be read, in the words of a Go program. */
export function readFailure(path: string, code: string): string {
  if (code === "EISDIR") return `read ${path}: is a directory`;
  return fileFailure("open", path, code);
}
