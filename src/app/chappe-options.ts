// The command line of `chappe`, and the CHAPPE_* variables that say the same: flag before variable before default.

import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Endpoint } from "../ports/network.ts";

export type TlsPolicy = "auto" | "required" | "off";
export type LogForm = "json" | "pretty";

export interface ServeOptions {
  /** Absolute. */
  readonly data: string;
  readonly http: Endpoint;
  /** Nobody asked for this address: where an earlier start took a free port, that one is kept. */
  readonly httpIsDefault: boolean;
  readonly nats: Endpoint;
  readonly natsIsDefault: boolean;
  /** undefined: the listen address, or this host's where that means every interface. */
  readonly natsPublic: Endpoint | undefined;
  readonly tls: TlsPolicy;
  /** Absolute paths of PEM files; both or none. */
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  /** undefined: pretty on a terminal, JSON elsewhere. */
  readonly log: LogForm | undefined;
  readonly keepCells: boolean;
  /** The cells' program; undefined: our own. Variable only, for operators who run a real nats-server. */
  readonly broker: string | undefined;
}

export type Command =
  | { readonly kind: "serve"; readonly options: ServeOptions }
  | { readonly kind: "env"; readonly data: string; readonly http: Endpoint }
  | { readonly kind: "audit"; readonly directory: string; readonly json: boolean }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

export const help = `chappe — a managed NATS service that anyone can run

  chappe serve [flags]     run the control plane and its NATS cells
  chappe env [--data DIR]  print what scw, Terraform, the SDKs and the nats CLI need, as export lines
  chappe audit DIR         check a log store that no broker has open; changes nothing (--json: for programs)
  chappe version, help     print the version; this text

Flags of serve, each also a variable (--nats-public is CHAPPE_NATS_PUBLIC):
  --data DIR               where everything is kept        ($XDG_DATA_HOME/chappe)
  --http HOST:PORT         the REST API                    (127.0.0.1:8080)
  --nats HOST:PORT         NATS, first cell; further cells take the following ports (127.0.0.1:4222)
  --nats-public HOST:PORT  what clients dial, where the listen address cannot be dialled
  --tls auto|required|off  auto: plain on loopback, TLS required elsewhere          (auto)
  --tls-cert F --tls-key F certificate and key in PEM; without them a local CA in DIR/tls signs one
  --log json|pretty        pretty on a terminal, json elsewhere
  --keep-cells             cells run on when the control plane stops; the next one adopts them
Port 0 takes a free port, which is then kept.

Exit codes: 0 stopped, 1 unexpected, 2 bad flag, 3 cannot bind, 4 data directory, 5 TLS material.
audit: 0 sound, 1 damaged, 2 bad flag, 4 no store, or one that cannot be read, or of another version.
`;

const flags = {
  data: { type: "string" },
  http: { type: "string" },
  nats: { type: "string" },
  "nats-public": { type: "string" },
  tls: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  log: { type: "string" },
  "keep-cells": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** What is wrong with the command line, in words for whoever wrote it. */
class Misuse extends Error {
  override readonly name = "Misuse";
}

/** `directory` is the working directory, `home` the user's. Reads nothing and changes nothing. */
export function readCommand(
  argv: readonly string[],
  env: Environment,
  directory: string,
  home: string,
): Command {
  try {
    return read(argv, env, directory, home);
  } catch (error) {
    if (error instanceof Misuse) return { kind: "refused", message: error.message };
    if (isParseError(error)) return { kind: "refused", message: misuseText(error) };
    throw error;
  }
}

function read(argv: readonly string[], env: Environment, directory: string, home: string): Command {
  const { values, positionals } = parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  // An empty path would mean the working directory: it comes of a shell variable that is not set.
  const empty = Object.entries(values).find(([, value]) => value === "")?.[0];
  if (empty !== undefined) throw new Misuse(`--${empty} is empty`);
  const [verb, ...rest] = positionals;
  if (values.help || verb === "help") return { kind: "help" };
  if (values.version || (verb === "version" && rest.length === 0)) return { kind: "version" };
  const extra = verb === "audit" ? rest[1] : rest[0];
  if (extra !== undefined) throw new Misuse(`unexpected argument "${extra}"`);
  if (verb === undefined) throw new Misuse("what is to be done? try: chappe serve");
  if (values.json && verb !== "audit") throw new Misuse("--json goes with audit");
  if (verb === "audit") {
    if (nonEmpty(rest[0]) === undefined) throw new Misuse("which directory? try: chappe audit DIR");
    return { kind: "audit", directory: resolve(directory, rest[0]!), json: values.json ?? false };
  }
  if (verb !== "serve" && verb !== "env") throw new Misuse(`unknown command "${verb}"`);

  const asked = (
    flag: Exclude<keyof typeof flags, "keep-cells" | "json" | "help" | "version">,
  ): string | undefined => values[flag] ?? nonEmpty(env[`CHAPPE_${flag.toUpperCase().replaceAll("-", "_")}`]);
  const path = (text: string): string => resolve(directory, text);
  const share = nonEmpty(env.XDG_DATA_HOME) ?? join(home, ".local/share");
  const data = path(asked("data") ?? join(share, "chappe"));
  const http = readEndpoint("http", asked("http") ?? "127.0.0.1:8080");
  if (verb === "env") return { kind: "env", data, http };

  const cert = asked("tls-cert");
  const key = asked("tls-key");
  if ((cert === undefined) !== (key === undefined)) throw new Misuse("--tls-cert and --tls-key go together");
  const natsPublic = asked("nats-public");
  const log = asked("log");
  const broker = nonEmpty(env.CHAPPE_BROKER);
  return {
    kind: "serve",
    options: {
      data,
      http,
      httpIsDefault: asked("http") === undefined,
      nats: readEndpoint("nats", asked("nats") ?? "127.0.0.1:4222"),
      natsIsDefault: asked("nats") === undefined,
      natsPublic: natsPublic === undefined ? undefined : readEndpoint("nats-public", natsPublic),
      tls: oneOf<TlsPolicy>("tls", asked("tls") ?? "auto", ["auto", "required", "off"]),
      tlsFiles: cert === undefined || key === undefined ? undefined : { cert: path(cert), key: path(key) },
      log: log === undefined ? undefined : oneOf<LogForm>("log", log, ["json", "pretty"]),
      keepCells: values["keep-cells"] ?? readSwitch("CHAPPE_KEEP_CELLS", env.CHAPPE_KEEP_CELLS),
      broker: broker === undefined ? undefined : path(broker),
    },
  };
}

/** HOST:PORT, [IPv6]:PORT; a port alone (":4222") means loopback. */
function readEndpoint(flag: string, text: string): Endpoint {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? (plain === "" ? "127.0.0.1" : plain);
  if (host === undefined || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw new Misuse(`--${flag} is HOST:PORT, with a port from 0 to 65535; got "${text}"`);
  }
  return { host, port };
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Misuse(`--${flag} is one of ${allowed.join(", ")}; got "${text}"`);
  return found;
}

function readSwitch(name: string, text: string | undefined): boolean {
  if (text === undefined || ["", "0", "false", "no"].includes(text)) return false;
  if (["1", "true", "yes"].includes(text)) return true;
  throw new Misuse(`${name} is true or false; got "${text}"`);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** In our words, what Node's parser found wrong with a flag. */
function misuseText({ code, message }: Error & { readonly code: string }): string {
  const flag = /'(-[^' ]*)/.exec(message)?.[1];
  if (flag === undefined) return message;
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `unknown flag "${flag}"`;
  return message.includes("not take") ? `${flag} takes no value` : `${flag} needs a value`;
}

function isParseError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}
