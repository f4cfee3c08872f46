// Whether the user that stands for connections without credentials is one. [nats-server auth.go validateNoAuthUser]
import type { ServerOptions } from "./options.ts";

/** @param user who stands for connections without credentials, here or for WebSocket alone. */
export function validateNoAuthUser(options: ServerOptions, user: string): string | undefined {
  if (user === "") return undefined;
  if ((options.operator?.operators.length ?? 0) > 0) {
    return "no_auth_user not compatible with Trusted Operator";
  }
  const { users, nkeys } = options.authorization;
  if (users.length === 0 && nkeys.length === 0) {
    return `no_auth_user: "${user}" present, but users/nkeys are not defined`;
  }
  if (users.some((known) => known.user === user) || nkeys.some(({ nkey }) => nkey === user)) return undefined;
  const where = "authorization block or account configuration";
  return `no_auth_user: "${user}" not present as user or nkey in ${where}`;
}
