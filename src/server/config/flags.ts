// The command line: every flag of nats-server in Go's flag syntax, and what it asks the program to do.
// [nats-server opts.go ConfigureOptions, main.go; Go flag.FlagSet.parseOne]
import { quoted } from "./quoted.ts";

/** A flag's value kind, by what Go declares it as. */
type FlagKind = "text" | "integer" | "boolean";

/** What flags can say, by the names used here: a spelling may come in several (`-p`, `--port`). */
const settings = {
  help: "boolean",
  port: "integer",
  serverName: "text",
  host: "text",
  clientAdvertise: "text",
  debug: "boolean",
  trace: "boolean",
  verboseTrace: "boolean",
  debugAndTrace: "boolean",
  debugAndVerboseTrace: "boolean",
  logtime: "boolean",
  logtimeUtc: "boolean",
  user: "text",
  password: "text",
  token: "text",
  httpPort: "integer",
  httpsPort: "integer",
  configFile: "text",
  checkOnly: "boolean",
  signal: "text",
  pidFile: "text",
  portsFileDirectory: "text",
  logFile: "text",
  logSizeLimit: "integer",
  syslog: "boolean",
  remoteSyslog: "text",
  version: "boolean",
  profilingPort: "integer",
  routes: "text",
  cluster: "text",
  clusterAdvertise: "text",
  noAdvertise: "boolean",
  connectRetries: "integer",
  clusterName: "text",
  tlsHelp: "boolean",
  tls: "boolean",
  tlsVerify: "boolean",
  tlsCert: "text",
  tlsKey: "text",
  tlsCaCert: "text",
  tracedMessageLengthMax: "integer",
  jetStream: "boolean",
  storeDirectory: "text",
} as const satisfies Record<string, FlagKind>;

type Setting = keyof typeof settings;

type KindValue<K extends FlagKind> = K extends "text" ? string : K extends "integer" ? number : boolean;

/** Only what was said; of a flag said twice the last one counts. */
export type Flags = { readonly [S in Setting]?: KindValue<(typeof settings)[S]> };

const spellings = new Map<string, Setting>(
  Object.entries({
    help: "h help",
    port: "port p",
    serverName: "n name server_name",
    host: "addr a net",
    clientAdvertise: "client_advertise",
    debug: "D debug",
    trace: "V trace",
    verboseTrace: "VV",
    debugAndTrace: "DV",
    debugAndVerboseTrace: "DVV",
    logtime: "T logtime",
    logtimeUtc: "logtime_utc",
    user: "user",
    password: "pass",
    token: "auth",
    httpPort: "m http_port",
    httpsPort: "ms https_port",
    configFile: "c config",
    checkOnly: "t",
    signal: "sl signal",
    pidFile: "P pid",
    portsFileDirectory: "ports_file_dir",
    logFile: "l log",
    logSizeLimit: "log_size_limit",
    syslog: "s syslog",
    remoteSyslog: "r remote_syslog",
    version: "version v",
    profilingPort: "profile",
    routes: "routes",
    cluster: "cluster cluster_listen",
    clusterAdvertise: "cluster_advertise",
    noAdvertise: "no_advertise",
    connectRetries: "connect_retries",
    clusterName: "cluster_name",
    tlsHelp: "help_tls",
    tls: "tls",
    tlsVerify: "tlsverify",
    tlsCert: "tlscert",
    tlsKey: "tlskey",
    tlsCaCert: "tlscacert",
    tracedMessageLengthMax: "max_traced_msg_len",
    jetStream: "js jetstream",
    storeDirectory: "sd store_dir",
  } satisfies Record<Setting, string>).flatMap(([setting, names]) =>
    names.split(" ").map((name) => [name, setting as Setting] as const),
  ),
);

export type CommandLine =
  | { readonly kind: "run"; readonly flags: Flags }
  /** Print `nats-server: v<version>` and end well. */
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | { readonly kind: "tls-help" }
  /** Signal a process: `target` is a process id, perhaps ending in `*`, or a file that holds one, or "". */
  | { readonly kind: "signal"; readonly command: string; readonly target: string }
  /** Print the message on standard error, the usage on standard output, and end well: so Go's flag package does. */
  | { readonly kind: "misuse"; readonly message: string }
  /** Print `nats-server: <message>` on standard error and end with 1. */
  | { readonly kind: "refused"; readonly message: string };

/** @param argv what stands after the program's name. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const parsed = parseFlags(argv);
  if (parsed.kind === "misuse") return parsed;
  const { flags, rest } = parsed;
  if (flags.version) return { kind: "version" };
  if (flags.help) return { kind: "help" };
  if (flags.tlsHelp) return { kind: "tls-help" };
  const word = rest[0];
  if (word !== undefined) {
    if (word.toLowerCase() === "version") return { kind: "version" };
    if (word.toLowerCase() === "help") return { kind: "help" };
    return { kind: "refused", message: `unrecognized command: ${quoted(word)}` };
  }
  if (flags.signal) return readSignal(flags.signal);
  return { kind: "run", flags };
}

function readSignal(text: string): CommandLine {
  const [command = "", target = "", ...more] = text.split("=");
  if (more.length === 0) return { kind: "signal", command, target };
  return { kind: "refused", message: `invalid signal parameters: [${more.join(" ")}]` };
}

const signals = new Map([
  ["stop", "SIGKILL"],
  ["quit", "SIGINT"],
  ["reopen", "SIGUSR1"],
  ["reload", "SIGHUP"],
  ["ldm", "SIGUSR2"],
  ["term", "SIGTERM"],
] as const);

export type SignalName = "SIGKILL" | "SIGINT" | "SIGUSR1" | "SIGHUP" | "SIGUSR2" | "SIGTERM";

/** The signal that a `--signal` word stands for; undefined: refuse with `unknown signal "word"`. */
export function signalOf(command: string): SignalName | undefined {
  return (signals as ReadonlyMap<string, SignalName>).get(command);
}

type ParsedFlags =
  | { readonly kind: "flags"; readonly flags: Flags; readonly rest: readonly string[] }
  | { readonly kind: "misuse"; readonly message: string };

function parseFlags(argv: readonly string[]): ParsedFlags {
  const flags: Record<string, string | number | boolean> = Object.create(null);
  let index = 0;
  while (index < argv.length) {
    const argument = argv[index]!;
    if (argument.length < 2 || !argument.startsWith("-")) break;
    index++;
    if (argument === "--") break;
    const body = argument.slice(argument.startsWith("--") ? 2 : 1);
    if (/^(-|=|$)/.test(body)) return { kind: "misuse", message: `bad flag syntax: ${argument}` };
    const equals = body.indexOf("=");
    const name = equals < 0 ? body : body.slice(0, equals);
    let value = equals < 0 ? undefined : body.slice(equals + 1);
    const setting = spellings.get(name);
    if (setting === undefined) return { kind: "misuse", message: `flag provided but not defined: -${name}` };
    const kind = settings[setting];
    if (value === undefined && kind !== "boolean") {
      value = argv[index++];
      if (value === undefined) return { kind: "misuse", message: `flag needs an argument: -${name}` };
    }
    const read = readFlag(kind, value ?? "true", name);
    if (read.kind === "misuse") return read;
    flags[setting] = read.value;
  }
  return { kind: "flags", flags, rest: argv.slice(index) };
}

type FlagRead =
  | { readonly kind: "value"; readonly value: string | number | boolean }
  | { readonly kind: "misuse"; readonly message: string };

function readFlag(kind: FlagKind, text: string, name: string): FlagRead {
  if (kind === "text") return { kind: "value", value: text };
  if (kind === "boolean") {
    if (/^(1|t|T|true|TRUE|True)$/.test(text)) return { kind: "value", value: true };
    if (/^(0|f|F|false|FALSE|False)$/.test(text)) return { kind: "value", value: false };
    return { kind: "misuse", message: `invalid boolean value ${quoted(text)} for -${name}: parse error` };
  }
  const value = parseGoInteger(text);
  if (typeof value === "number") return { kind: "value", value };
  return { kind: "misuse", message: `invalid value ${quoted(text)} for flag -${name}: ${value}` };
}

/** Go's ParseInt with base 0: decimal, 0x, 0o, 0b, a leading 0 for octal, underscores between digits. */
function parseGoInteger(text: string): number | "parse error" | "value out of range" {
  const sign = /^[-+]/.test(text) ? text.charAt(0) : "";
  const body = text.slice(sign.length);
  if (/^_|__|_$/.test(body)) return "parse error";
  const octal = /^0_?[0-7]/.test(body) ? body.replace(/^0_?/, "0o") : body;
  const digits = (/^0[xXoObB]/.test(octal) ? octal.replaceAll("_", "") : octal).toLowerCase();
  if (!/^([0-9]+|0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/.test(digits)) return "parse error";
  if (/^0[0-9]/.test(digits)) return "parse error";
  // Longer than any 64-bit number in any base.
  if (digits.length > 66) return "value out of range";
  const value = BigInt(digits) * (sign === "-" ? -1n : 1n);
  if (BigInt.asIntN(64, value) !== value) return "value out of range";
  return Number(value);
}
