// The options that a client states in CONNECT, with nats-server's defaults [nats-server client.go ClientOpts].

import { type FieldKinds, readStruct } from "./gojson.ts";

/** Texts are Unicode strings, as JSON gives them; "" means not stated. */
export interface ConnectOptions {
  readonly echo: boolean;
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly tlsRequired: boolean;
  readonly nkey: string;
  readonly jwt: string;
  readonly sig: string;
  readonly authToken: string;
  readonly user: string;
  readonly pass: string;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  /** Any integer; whoever answers decides that only 0 and 1 exist. */
  readonly protocol: number;
  readonly account: string;
  readonly newAccount: boolean;
  readonly headers: boolean;
  readonly noResponders: boolean;
  readonly remoteAccount: string;
  readonly proxySig: string;
}

/** What a CONNECT that says nothing means. */
export const connectDefaults: ConnectOptions = Object.freeze({
  echo: true,
  verbose: true,
  pedantic: true,
  tlsRequired: false,
  nkey: "",
  jwt: "",
  sig: "",
  authToken: "",
  user: "",
  pass: "",
  name: "",
  lang: "",
  version: "",
  protocol: 0,
  account: "",
  newAccount: false,
  headers: false,
  noResponders: false,
  remoteAccount: "",
  proxySig: "",
});

const subjectPermission: FieldKinds = { allow: "strings", deny: "strings" };

const connectKinds: FieldKinds = {
  echo: "bool",
  verbose: "bool",
  pedantic: "bool",
  tls_required: "bool",
  nkey: "string",
  jwt: "string",
  sig: "string",
  auth_token: "string",
  user: "string",
  pass: "string",
  name: "string",
  lang: "string",
  version: "string",
  protocol: "int",
  account: "string",
  new_account: "bool",
  headers: "bool",
  no_responders: "bool",
  // Routes and leaf nodes only; a wrong type refuses a client's CONNECT nevertheless.
  import: subjectPermission,
  export: subjectPermission,
  remote_account: "string",
  proxy_sig: "string",
};

/**
 * Reads the JSON behind CONNECT; undefined when nats-server would close silently for it. A second CONNECT of one
 * connection is read onto the options of the first: what it does not state stays.
 */
export function parseConnect(
  json: Buffer,
  onto: ConnectOptions = connectDefaults,
): ConnectOptions | undefined {
  const stated = readStruct(json, connectKinds);
  if (stated === undefined) return undefined;
  const bool = (name: string, otherwise: boolean): boolean =>
    stated.has(name) ? stated.get(name) === true : otherwise;
  const text = (name: string, otherwise: string): string =>
    stated.has(name) ? String(stated.get(name)) : otherwise;
  return {
    echo: bool("echo", onto.echo),
    verbose: bool("verbose", onto.verbose),
    pedantic: bool("pedantic", onto.pedantic),
    tlsRequired: bool("tls_required", onto.tlsRequired),
    nkey: text("nkey", onto.nkey),
    jwt: text("jwt", onto.jwt),
    sig: text("sig", onto.sig),
    authToken: text("auth_token", onto.authToken),
    user: text("user", onto.user),
    pass: text("pass", onto.pass),
    name: text("name", onto.name),
    lang: text("lang", onto.lang),
    version: text("version", onto.version),
    protocol: stated.has("protocol") ? Number(stated.get("protocol")) : onto.protocol,
    account: text("account", onto.account),
    newAccount: bool("new_account", onto.newAccount),
    headers: bool("headers", onto.headers),
    noResponders: bool("no_responders", onto.noResponders),
    remoteAccount: text("remote_account", onto.remoteAccount),
    proxySig: text("proxy_sig", onto.proxySig),
  };
}

const infoKinds: FieldKinds = {
  server_id: "string",
  server_name: "string",
  version: "string",
  proto: "int",
  git_commit: "string",
  go: "string",
  host: "string",
  port: "int",
  headers: "bool",
  auth_required: "bool",
  tls_required: "bool",
  tls_verify: "bool",
  tls_available: "bool",
  max_payload: "int32",
  jetstream: "bool",
  ip: "string",
  client_id: "uint64",
  client_ip: "string",
  nonce: "string",
  cluster: "string",
  cluster_dynamic: "bool",
  domain: "string",
  connect_urls: "strings",
  ws_connect_urls: "strings",
  ldm: "bool",
  compression: "string",
  connect_info: "bool",
  remote_account: "string",
  acc_is_sys: "bool",
  api_lvl: "int",
  import: subjectPermission,
  export: subjectPermission,
  lnoc: "bool",
  lnocu: "bool",
  info_on_connect: "bool",
  route_pool_size: "int",
  route_pool_idx: "int",
  route_account: "string",
  route_acc_add_reqid: "string",
  gossip_mode: "byte",
  gateway: "string",
  gateway_urls: "strings",
  gateway_url: "string",
  gateway_cmd: "byte",
  gateway_cmd_payload: "bytes",
  gateway_nrp: "bool",
  gateway_iom: "bool",
  leafnode_urls: "strings",
  xkey: "string",
};

/** A client may send INFO: it is read, and ignored if it makes sense [nats-server client.go processInfo]. */
export function isServerInfo(json: Buffer): boolean {
  return readStruct(json, infoKinds) !== undefined;
}
