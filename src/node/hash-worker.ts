// The thread that compares passwords with bcrypt hashes, one after another.

import { parentPort } from "node:worker_threads";
import bcrypt from "bcryptjs";

interface Question {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

const port = parentPort!;
port.on("message", ({ id, password, hash }: Question) => {
  port.postMessage({ id, matches: matches(password, hash) });
});

/** Go's bcrypt takes every minor version for the same one; a hash that is none matches nothing. */
function matches(password: string, hash: string): boolean {
  if (!/^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) return false;
  const cost = Number(hash.slice(4, 6));
  if (cost < 4 || cost > 31) return false;
  return bcrypt.compareSync(password, `$2b$${hash.slice(4)}`);
}
