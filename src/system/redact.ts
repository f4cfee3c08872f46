// What monitoring must not show.

import type { Identity } from "../session/identity.ts";

/** A bearer JWT is a password: whoever reads it can use it. */
export function isBearerSecret(identity: Identity | undefined): boolean {
  return identity?.bearer ?? false;
}
