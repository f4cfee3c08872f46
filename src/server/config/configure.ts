// Turns flags and a configuration file into the options of a server, or into the reason why not.
import { applyFlags } from "./apply-flags.ts";
import { digestOf } from "./digest.ts";
import { Draft } from "./draft.ts";
import { Findings } from "./findings.ts";
import type { Flags } from "./flags.ts";
import type { ServerOptions } from "./options.ts";
import type { Outside } from "./outside.ts";
import { type Parsed, parseFile, parseText } from "./parse.ts";
import { resolve } from "./resolve.ts";
import { readTop } from "./top.ts";
import { validate } from "./validate.ts";

export type Configured =
  | {
      readonly kind: "options";
      readonly options: ServerOptions;
      /** nats-server's own, each a line that it prints on standard error before it starts. */
      readonly warnings: readonly string[];
      /** One for each block that was understood and that this server does not act on. Never a reason to refuse. */
      readonly notices: readonly string[];
      /** `sha256:<hex>`, "" without a file. */
      readonly digest: string;
    }
  /** Print `nats-server: <message>` on standard error and end with 1. Several errors are lines, as is the last. */
  | { readonly kind: "refused"; readonly message: string };

/**
 * What a server started with these flags shall be. Reads files through `outside` only; can be called again for a
 * reload. With `flags.checkOnly` a warning refuses too, and what only a start would refuse does not.
 */
export function configure(flags: Flags, outside: Outside): Configured {
  const path = flags.configFile ?? "";
  if (path !== "") return fromTree(parseFile(path, outside), path, flags, outside);
  if (!flags.checkOnly) return fromTree({ kind: "parsed", tree: new Map() }, "", flags, outside);
  return {
    kind: "refused",
    message: "must specify [-c, --config] option to check configuration file syntax",
  };
}

/** The same for a configuration held in a text. `file` is how errors and relative includes call it. */
export function configureText(text: string, file: string, outside: Outside): Configured {
  return fromTree(parseText(text, file, outside), file, {}, outside);
}

/** The line that `-t` prints on standard error for a good file. */
export function validityLine(file: string, digest: string): string {
  return `nats-server: configuration file ${file} is valid (${digest})`;
}

function fromTree(parsed: Parsed, file: string, flags: Flags, outside: Outside): Configured {
  if (parsed.kind === "refused") return parsed;
  const draft = new Draft();
  const findings = new Findings();
  if (file !== "") readTop(parsed.tree, file, draft, { findings, outside });
  const { errors, warnings } = findings;
  if (errors.length > 0 || (flags.checkOnly && warnings.length > 0)) {
    return { kind: "refused", message: [...warnings, ...errors].map((line) => `${line}\n`).join("") };
  }
  const digest = file === "" ? "" : digestOf(parsed.tree);
  if (!flags.checkOnly) {
    const mistake = applyFlags(draft, flags, outside);
    if (mistake !== undefined) return { kind: "refused", message: mistake };
  }
  const options = resolve(draft, file, digest);
  const mistake = flags.checkOnly ? undefined : validate(options, draft);
  if (mistake !== undefined) return { kind: "refused", message: mistake };
  const notices = options.unsupported.map(
    (block) => `"${block}" is configured, and not acted on by this server`,
  );
  return { kind: "options", options, warnings, notices, digest };
}
