// Builds the authenticator that a configuration asks for.

import type { Directory } from "../account/directory.ts";
import { globalAccountName } from "../account/directory.ts";
import { ConfiguredAuthenticator } from "../session/configured-authenticator.ts";
import type { Authenticator } from "../session/identity.ts";
import type { ServerOptions } from "./config/options.ts";

export function buildAuthenticator(options: ServerOptions, directory: Directory): Authenticator {
  const { authorization } = options;
  return new ConfiguredAuthenticator({
    users: new Map(),
    nkeys: new Map(),
    noAuthUser: undefined,
    single: authorization.user === "" ? undefined : { user: authorization.user, password: authorization.password },
    token: authorization.token === "" ? undefined : authorization.token,
    globalAccount: directory.ensure(globalAccountName),
    bcrypt: undefined,
  });
}
