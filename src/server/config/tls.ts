// Reads tls blocks and loads the certificates that they name. [nats-server opts.go parseTLS, GenTLSConfig]
import { readSeconds } from "./authorization.ts";
import { loadAuthorities, loadPair } from "./certificates.ts";
import { insecureCipherSuites, knownCipherSuites, knownCurves } from "./ciphers.ts";
import { parseDuration } from "./duration.ts";
import { type Findings, safe } from "./findings.ts";
import { checkOcspPeer } from "./ocsp.ts";
import type { CertificateOptions, TlsOptions } from "./options-tls.ts";
import type { Outside } from "./outside.ts";
import { quoted } from "./quoted.ts";
import type { Reading } from "./reader.ts";
import { type Entry, isList, isTree, shownValue, typeName } from "./tree.ts";

const timeoutMsDefault = 2_000;
const handshakeFallbackMsDefault = 50;

interface FilePair {
  certFile: string;
  keyFile: string;
}

export interface TlsDraft {
  certFile: string;
  keyFile: string;
  caFile: string;
  insecure: boolean;
  verify: boolean;
  map: boolean;
  allowInsecureCiphers: boolean;
  cipherSuites: string[] | undefined;
  curvePreferences: string[] | undefined;
  timeoutSeconds: number;
  connectionRateLimit: number;
  pinnedCerts: Set<string>;
  handshakeFirst: boolean;
  handshakeFallbackMs: number;
  pairs: FilePair[];
  minVersion: TlsOptions["minVersion"];
}

/** One key. What it answers is a mistake: the block is then worth nothing. */
type TlsKey = (
  draft: TlsDraft,
  entry: Entry,
  findings: Findings,
  key: string,
) => string | Misplaced | undefined;

/** A mistake at another place than its key's. */
interface Misplaced {
  readonly at: Entry;
  readonly mistake: string;
}

const file =
  (key: string, name: "certFile" | "keyFile" | "caFile"): TlsKey =>
  (draft, { value }) => {
    if (typeof value !== "string") return `error parsing tls config, expected '${key}' to be filename`;
    draft[name] = value;
    return undefined;
  };

const boolean =
  (key: string, apply: (draft: TlsDraft, said: boolean) => void): TlsKey =>
  (draft, { value }) => {
    if (typeof value !== "boolean") return `error parsing tls config, expected '${key}' to be a boolean`;
    apply(draft, value);
    return undefined;
  };

const names =
  (
    key: string,
    name: "cipherSuites" | "curvePreferences",
    known: ReadonlySet<string>,
    thing: string,
  ): TlsKey =>
  (draft, entry, findings) => {
    const list = findings.list(entry);
    if (list.length === 0) return `error parsing tls config, '${key}' cannot be empty`;
    const chosen: string[] = [];
    for (const item of list) {
      const text = findings.text(item);
      if (!known.has(text)) return { at: item, mistake: `unrecognized ${thing} ${text}` };
      chosen.push(text);
    }
    draft[name] = chosen;
    return undefined;
  };

/** What only Windows has is refused as on any other system. */
const certStore: TlsKey = (_draft, { value }) => {
  if (typeof value !== "string" || value === "")
    return "expected 'cert_store' to be a valid non-empty string";
  const known = ["windowscurrentuser", "windowslocalmachine"].includes(value.toLowerCase());
  return known
    ? "cert_store not compatible with current operating system"
    : "cert store type not implemented";
};

const certMatchBy: TlsKey = (_draft, { value }) => {
  if (typeof value !== "string" || value === "") {
    return "expected 'cert_match_by' to be a valid non-empty string";
  }
  const known = ["issuer", "subject", "thumbprint"].includes(value.toLowerCase());
  return known ? undefined : "cert match by type not implemented";
};

const certMatch: TlsKey = (_draft, { value }) =>
  typeof value === "string" && value !== ""
    ? undefined
    : "expected 'cert_match' to be a valid non-empty string";

const skipInvalid: TlsKey = (_draft, { value }) =>
  typeof value === "boolean" ? undefined : "expected 'cert_match_skip_invalid' to be a boolean";

const caCertsMatch: TlsKey = (_draft, { value }) => {
  const texts = !isList(value) || value.every((item) => typeof item.value === "string");
  if (texts) return undefined;
  return "error parsing ca_cert_match: unsupported type *conf.token where string is expected";
};

const timeout: TlsKey = (draft, entry, findings) => {
  draft.timeoutSeconds = readSeconds(entry, findings, "tls");
  return undefined;
};

const rateLimit: TlsKey = (draft, { value }) => {
  if (typeof value !== "bigint") return "error parsing tls config, 'connection_rate_limit' wrong type";
  draft.connectionRateLimit = safe(value);
  return undefined;
};

const pinnedCerts: TlsKey = (draft, { value }, findings) => {
  const shape = "hex-encoded sha256 of DER encoded SubjectPublicKeyInfo";
  if (!isList(value)) return `error parsing tls config, expected 'pinned_certs' to be a list of ${shape}`;
  for (const item of value) {
    const pin = findings.text(item).toLowerCase();
    if (!/^[a-f0-9]{64}$/.test(pin)) {
      const mistake = `error parsing tls config, 'pinned_certs' key ${pin} does not look like ${shape}`;
      return { at: item, mistake };
    }
    draft.pinnedCerts.add(pin);
  }
  return undefined;
};

const handshakeFirst: TlsKey = (draft, { value }, _findings, key) => {
  if (typeof value === "boolean") {
    draft.handshakeFirst = value;
    return undefined;
  }
  if (typeof value !== "string") {
    return `field ${quoted(key)} should be a boolean or a string, got ${typeName(value)}`;
  }
  const word = value.toLowerCase();
  draft.handshakeFirst = word !== "false" && word !== "off";
  if (["true", "on", "false", "off"].includes(word)) return undefined;
  if (word === "auto" || word === "auto_fallback") {
    draft.handshakeFallbackMs = handshakeFallbackMsDefault;
    return undefined;
  }
  const read = parseDuration(value);
  if (read.kind === "refused") return `field ${quoted(key)}'s value ${quoted(value)} is invalid`;
  draft.handshakeFallbackMs = read.ms;
  return undefined;
};

const certs: TlsKey = (draft, entry) => {
  const unsupported = "error parsing certificates config: unsupported type";
  if (!isList(entry.value)) return `${unsupported} map[string]interface {}`;
  draft.pairs = [];
  for (const item of entry.value) {
    if (!isTree(item.value)) return { at: item, mistake: `${unsupported} ${typeName(item.value)}` };
    const pair: FilePair = { certFile: "", keyFile: "" };
    let last = item;
    for (const [key, part] of item.value) {
      last = part;
      if (typeof part.value !== "string") {
        return { at: part, mistake: `${unsupported} ${typeName(part.value)}` };
      }
      if (key === "cert_file") pair.certFile = part.value;
      else if (key === "key_file") pair.keyFile = part.value;
      else return { at: part, mistake: `error parsing tls certs config, unknown field ${quoted(key)}` };
    }
    if (pair.certFile === "" || pair.keyFile === "") {
      const both = "both 'cert_file' and 'cert_key' options are required";
      return { at: last, mistake: `error parsing certificates config: ${both}` };
    }
    draft.pairs.push(pair);
  }
  return undefined;
};

const minVersion: TlsKey = (draft, { value }) => {
  const wrong = "error parsing tls config:";
  if (typeof value !== "string") return `${wrong} 'min_version' wrong type: ${shownValue(value)}`;
  if (value === "1.0" || value === "1.1") return `${wrong} unsupported TLS version: TLS ${value}`;
  if (value !== "1.2" && value !== "1.3") return `${wrong} unknown version: ${value}`;
  draft.minVersion = `TLSv${value}`;
  return undefined;
};

const insecure = boolean("insecure", (draft, said) => {
  draft.insecure = said;
});

const verify = boolean("verify", (draft, said) => {
  draft.verify = said;
});

const verifyAndMap = boolean("verify_and_map", (draft, said) => {
  draft.verify ||= said;
  draft.map = said;
});

const checkKnownUrls = boolean("verify_cert_and_check_known_urls", (draft, said) => {
  draft.verify ||= said;
});

const allowInsecureCiphers = boolean("allow_insecure_cipher_suites", (draft, said) => {
  draft.allowInsecureCiphers = said;
});

const tlsKeys: ReadonlyMap<string, TlsKey> = new Map<string, TlsKey>([
  ["cert_file", file("cert_file", "certFile")],
  ["key_file", file("key_file", "keyFile")],
  ["ca_file", file("ca_file", "caFile")],
  ["insecure", insecure],
  ["verify", verify],
  ["verify_and_map", verifyAndMap],
  ["allow_insecure_cipher_suites", allowInsecureCiphers],
  ["cipher_suites", names("cipher_suites", "cipherSuites", knownCipherSuites, "cipher")],
  ["curve_preferences", names("curve_preferences", "curvePreferences", knownCurves, "curve preference")],
  ["timeout", timeout],
  ["connection_rate_limit", rateLimit],
  ["pinned_certs", pinnedCerts],
  ["cert_store", certStore],
  ["cert_match_by", certMatchBy],
  ["cert_match", certMatch],
  ["ca_certs_match", caCertsMatch],
  ["cert_match_skip_invalid", skipInvalid],
  ["handshake_first", handshakeFirst],
  ["first", handshakeFirst],
  ["immediate", handshakeFirst],
  ["ocsp_peer", (_draft, entry, findings) => checkOcspPeer(entry, findings)],
  ["certs", certs],
  ["certificates", certs],
  ["min_version", minVersion],
]);

/**
 * A tls block with its files loaded; undefined after a finding.
 * @param forRoutes where servers connect to each other: there the peer's name can be checked against known URLs.
 */
export function readTls(entry: Entry, reading: Reading, forRoutes = false): TlsOptions | undefined {
  const { findings, outside } = reading;
  const before = findings.errors.length;
  const draft = emptyTls();
  for (const [key, item] of findings.tree(entry)) {
    const found = readTlsKey(draft, key, item, findings, forRoutes);
    if (found === undefined) continue;
    if (typeof found === "string") findings.refuse(item, found);
    else findings.refuse(found.at, found.mistake);
    return undefined;
  }
  if (findings.errors.length > before) return undefined;
  const mistake = togetherMistake(draft);
  if (mistake !== undefined) findings.refuse(entry, mistake);
  const loaded = mistake === undefined ? loadTls(draft, outside) : undefined;
  if (typeof loaded !== "string") return loaded;
  findings.refuse(entry, loaded);
  return undefined;
}

function readTlsKey(draft: TlsDraft, key: string, item: Entry, findings: Findings, forRoutes: boolean) {
  const name = key.toLowerCase();
  if (name === "verify_cert_and_check_known_urls") {
    if (item.value === true && !forRoutes) return `${name} not supported in this context`;
    return checkKnownUrls(draft, item, findings, key);
  }
  const read = tlsKeys.get(name);
  if (read !== undefined) return read(draft, item, findings, key);
  return `error parsing tls config, unknown field ${quoted(key)}`;
}

function togetherMistake(draft: TlsDraft): string | undefined {
  if (draft.pairs.length > 0 && draft.certFile !== "") {
    return "error parsing tls config, cannot combine 'cert_file' option with 'certs' option";
  }
  const insecure = draft.cipherSuites?.filter((name) => insecureCipherSuites.has(name)) ?? [];
  if (draft.allowInsecureCiphers || insecure.length === 0) return undefined;
  const unset = "without 'allow_insecure_cipher_suites' option set";
  return `insecure cipher suites configured ${unset}: ${insecure.join(", ")}`;
}

export function emptyTls(): TlsDraft {
  return {
    certFile: "",
    keyFile: "",
    caFile: "",
    insecure: false,
    verify: false,
    map: false,
    allowInsecureCiphers: false,
    cipherSuites: undefined,
    curvePreferences: undefined,
    timeoutSeconds: 0,
    connectionRateLimit: 0,
    pinnedCerts: new Set(),
    handshakeFirst: false,
    handshakeFallbackMs: 0,
    pairs: [],
    minVersion: "TLSv1.2",
  };
}

/** Loads the files. Text answered says why that failed. */
export function loadTls(draft: TlsDraft, outside: Outside): TlsOptions | string {
  const { certFile, keyFile, caFile } = draft;
  if (certFile !== "" && keyFile === "") return "missing 'key_file' in TLS configuration";
  if (certFile === "" && keyFile !== "") return "missing 'cert_file' in TLS configuration";
  const pairs = certFile === "" ? draft.pairs : [{ certFile, keyFile }];
  const certificates: CertificateOptions[] = [];
  for (const [index, pair] of pairs.entries()) {
    const loaded = loadPair(pair.certFile, pair.keyFile, outside);
    const which = certFile === "" ? ` ${index + 1}/${pairs.length}` : "";
    if (loaded.kind === "refused") {
      return `error parsing X509 certificate/key pair${which}: ${loaded.message}`;
    }
    certificates.push(loaded.value);
  }
  const authorities = caFile === "" ? undefined : loadAuthorities(caFile, outside);
  if (authorities?.kind === "refused") return authorities.message;
  const { timeoutSeconds, pairs: _pairs, allowInsecureCiphers: _allowed, ...rest } = draft;
  return {
    ...rest,
    certificates,
    ca: authorities?.value ?? "",
    timeoutMs: timeoutSeconds === 0 ? timeoutMsDefault : timeoutSeconds * 1_000,
  };
}
