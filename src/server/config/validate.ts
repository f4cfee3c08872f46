// What a server refuses at its start although the file reads well: settings that do not go together.
// [nats-server server.go validateOptions]
import type { Draft } from "./draft.ts";
import { formatDuration } from "./duration.ts";
import type { ServerOptions } from "./options.ts";

/** Answers nats-server's words for the first thing that is wrong. */
export function validate(options: ServerOptions, _draft: Draft): string | undefined {
  return validateGeneral(options);
}

function validateGeneral(options: ServerOptions): string | undefined {
  const { durationMs, gracePeriodMs } = options.lameDuck;
  if (gracePeriodMs >= durationMs) {
    const grace = formatDuration(gracePeriodMs);
    const duration = formatDuration(durationMs);
    return `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`;
  }
  const { payloadBytes, pendingBytes } = options.limits;
  if (payloadBytes > pendingBytes) {
    return `max_payload (${payloadBytes}) cannot be higher than max_pending (${pendingBytes})`;
  }
  if (options.serverName?.includes(" ")) return "server name cannot contain spaces";
  return undefined;
}
