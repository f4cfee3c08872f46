// The first lines of a broker's log: what starts here, and what its owner should know of it.
// [nats-server server.go Start, auth.go checkAuthforWarnings]

import { decodeOperator } from "../identity/claims.ts";
import type { Trace } from "../ports/trace.ts";
import type { ServerOptions } from "../server/config/options.ts";
import type { NatsServer } from "../server/server.ts";
import { build, natsVersion, runtimeName } from "../server/version.ts";
import { isBcrypt } from "../session/configured-authenticator.ts";

/** Larger payloads are served with a warning. */
const payloadAdvisedBytes = 8 * 1024 * 1024;

export function announceStart(server: NatsServer, trace: Trace): void {
  const { options } = server;
  const say = (text: string): void => trace.log("info", text);
  const warn = (text: string): void => trace.log("warn", text);
  say("Starting nats-server");
  say(`  Version:  ${natsVersion}`);
  say(`  Git:      [${build}]`);
  trace.log("debug", `  Go build: ${runtimeName}`);
  say(`  Name:     ${server.name}`);
  say(`  ID:       ${server.id}`);
  if (hasPlainPassword(options)) warn("Plaintext passwords detected, use nkeys or bcrypt");
  const { configFile, digest, operator, limits, logging, unsupported } = options;
  if (configFile !== "") say(`Using configuration file: ${configFile} (${digest})`);
  for (const { jwt } of operator?.operators ?? []) sayOperator(jwt, options, say);
  if (operator !== undefined && options.systemAccount === undefined) {
    warn("Trusted Operators should utilize a System Account");
  }
  if (limits.payloadBytes > payloadAdvisedBytes) {
    warn("Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance");
  }
  if (logging.file === undefined && logging.syslog && logging.remoteSyslog === "") {
    warn("The syslog of this machine is not written to: the log is here; remote_syslog names a server");
  }
  if (options.jetStream.enabled)
    warn("JetStream is asked for and not served yet: streams cannot be made here");
  for (const block of unsupported) warn(`Configuration "${block}" is accepted and has no effect here`);
}

function hasPlainPassword({ authorization, tls }: ServerOptions): boolean {
  const { password, users } = authorization;
  if (password !== "" && !isBcrypt(password)) return true;
  return users.some((each) => !isBcrypt(each.password) && !(each.password === "" && tls?.map));
}

function sayOperator(jwt: string, { systemAccount }: ServerOptions, say: (text: string) => void): void {
  const decoded = decodeOperator(jwt);
  if (!decoded.ok) return;
  const { name, iat, exp } = decoded.value;
  const moment = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  say("Trusted Operators");
  say(`  System  : "${systemAccount ?? ""}"`);
  say(`  Operator: "${name}"`);
  say(`  Issued  : ${moment(iat)}`);
  say(`  Expires : ${exp > 0 ? moment(exp) : "Never"}`);
}
