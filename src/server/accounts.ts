// The accounts that a configuration lists, as they stand in the directory.

import { unlimited } from "../account/account.ts";
import { type Directory, globalAccountName, systemAccountName } from "../account/directory.ts";
import type { Trace } from "../ports/trace.ts";
import type { ServerOptions } from "./config/options.ts";
import { linkAccounts } from "./links.ts";

/** Makes what is missing and sets limits; can be called again for a reload. Not for operator mode. */
export function configureAccounts(options: ServerOptions, directory: Directory, trace: Trace): void {
  directory.ensure(globalAccountName);
  if (!options.systemAccountDisabled) directory.ensure(options.systemAccount ?? systemAccountName);
  for (const { name, limits } of options.accounts) {
    directory.ensure(name).limits = {
      ...unlimited,
      connections: limits.connections,
      subscriptions: limits.subscriptions,
      payload: limits.payloadBytes,
      leafConnections: limits.leafNodes,
    };
  }
  linkAccounts(options, directory, trace);
}
