// The configuration file of a cell, in nats-server's grammar and with nothing in it that a nats-server does not
// know; what only our broker knows stands in a second file, which this one includes.

export interface CellConfig {
  /** Unique among all cells: how an adopted cell is recognised. */
  readonly serverName: string;
  readonly host: string;
  readonly port: number;
  /** Absolute; everything the cell keeps is below it. */
  readonly directory: string;
  readonly operatorJwt: string;
  readonly systemAccountId: string;
  readonly systemAccountJwt: string;
  /** Absolute paths of PEM files; absent: plain text. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** Beside the cell's configuration; settings that only our broker knows, empty for a real nats-server. */
export const brokerSettingsFile = "broker.conf";

/** The text of `cell.conf`: the same settings give the same text, so that a change can be told from none. */
export function cellConfig(cell: CellConfig): string {
  const inside = (name: string): string => quote(`${cell.directory}/${name}`);
  return [
    "# Written by Chappe at every start; changes made here are lost.",
    `server_name: ${quote(cell.serverName)}`,
    `host: ${quote(cell.host)}`,
    `port: ${cell.port}`,
    ...tlsBlock(cell.tls),
    "",
    `operator: ${quote(cell.operatorJwt)}`,
    `system_account: ${quote(cell.systemAccountId)}`,
    `resolver { type: full, dir: ${inside("jwt")}, allow_delete: true }`,
    `resolver_preload { ${cell.systemAccountId}: ${quote(cell.systemAccountJwt)} }`,
    "",
    // What accounts may store is in their claims. The server's own bound is left far above, because it would be
    // compared with the sum of all reservations, and an automatic one shrinks with the free disk [nats-server #5871].
    `jetstream { store_dir: ${inside("store")}, max_memory_store: 256MB, max_file_store: 64TB }`,
    "",
    'write_deadline: "10s"',
    "max_payload: 1MB",
    "max_pending: 64MB",
    `log_file: ${inside("cell.log")}`,
    "logfile_size_limit: 16MB",
    "logfile_max_num: 4",
    "",
    `include ${quote(`./${brokerSettingsFile}`)}`,
    "",
  ].join("\n");
}

function tlsBlock(tls: CellConfig["tls"]): readonly string[] {
  if (tls === undefined) return [];
  return [`tls { cert_file: ${quote(tls.certFile)}, key_file: ${quote(tls.keyFile)}, timeout: 2 }`];
}

/** A string of the configuration grammar that reads back as `text`. [nats-server conf/lex.go lexStringEscape] */
function quote(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (found) => {
    if (found === '"' || found === "\\") return `\\${found}`;
    return `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
