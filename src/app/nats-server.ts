// bin/nats-server: the broker by itself, behind nats-server's own command line. [nats-server main.go]

import { configure, validityLine } from "../server/config/configure.ts";
import { type Flags, readCommandLine } from "../server/config/flags.ts";
import { usage } from "../server/config/usage.ts";
import { natsVersion } from "../server/version.ts";
import { runBroker } from "./broker.ts";
import { outside } from "./outside.ts";
import { sendSignal } from "./send-signal.ts";

const line = readCommandLine(process.argv.slice(2));
switch (line.kind) {
  case "version":
    process.stdout.write(`nats-server: v${natsVersion}\n`);
    break;
  case "help":
    process.stdout.write(`${usage}\n`);
    break;
  case "tls-help":
    process.stdout.write(`${usage}\n`);
    break;
  case "misuse":
    process.stderr.write(`${line.message}\n`);
    process.stdout.write(`${usage}\n`);
    break;
  case "refused":
    refuse(line.message);
    break;
  case "signal":
    refuse(sendSignal(line.command, line.target));
    break;
  case "run":
    await run(line.flags);
}

async function run(flags: Flags): Promise<void> {
  const configured = configure(flags, outside);
  if (configured.kind === "refused") return refuse(configured.message);
  if (flags.checkOnly) {
    process.stderr.write(`${validityLine(flags.configFile ?? "", configured.digest)}\n`);
    return;
  }
  for (const warning of configured.warnings) process.stderr.write(`${warning}\n`);
  await runBroker(configured.options, flags);
}

function refuse(message: string | undefined): void {
  if (message === undefined) return;
  process.stderr.write(`nats-server: ${message}\n`);
  process.exitCode = 1;
}
