// A directory with those above it, made one by one: Node's own `recursive` never returns where a file system takes no
// directories, as /proc does.

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** For its owner only, as all those above that had to be made. @throws what the file system says; a file in the way is EEXIST */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at))
    missing.push(at);
  if (missing.length === 0 && !statSync(path).isDirectory()) mkdirSync(path);
  for (const each of missing.reverse()) makeOne(each);
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it in the meantime.
    const made = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory();
    if (!made) throw error;
  }
}
