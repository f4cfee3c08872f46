// The PROXY header's two forms, read out of the first bytes of a connection. Pure.
// [nats-server client_proxyproto.go; haproxy.org proxy-protocol.txt]

import type { Endpoint } from "../ports/network.ts";

export type ProxyHeader =
  /** Not enough bytes to tell. */
  | { readonly kind: "more" }
  /**
   * `length` bytes are the header (0: there is none, and the connection is a plain one). `client` is absent when the
   * proxy speaks for itself, to see whether we live.
   */
  | { readonly kind: "read"; readonly client: Endpoint | undefined; readonly length: number }
  | { readonly kind: "refused"; readonly reason: string };

const versionOneStart = "PROXY ";
const versionOneBytesMax = 107;
const versionTwoStart = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
/** 16 bytes and as many more as two of them can count. */
export const headerBytesMax = 16 + 0xffff;

const invalid = "invalid PROXY protocol header";
const more: ProxyHeader = { kind: "more" };

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  // Six bytes tell; a client without a proxy says more than that at once.
  if (bytes.length < versionOneStart.length) return more;
  const start = bytes.latin1Slice(0, versionOneStart.length);
  if (start === versionOneStart) return readVersionOne(bytes);
  if (start === versionTwoStart.latin1Slice(0, start.length)) return readVersionTwo(bytes);
  return { kind: "read", client: undefined, length: 0 };
}

function refuse(reason: string): ProxyHeader {
  return { kind: "refused", reason };
}

/** `PROXY TCP4 client proxy clientPort proxyPort\r\n` */
function readVersionOne(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, versionOneBytesMax).indexOf("\r\n");
  if (end < 0) return bytes.length < versionOneBytesMax ? more : refuse(`${invalid}: v1 line too long`);
  const parts = bytes
    .latin1Slice(versionOneStart.length, end)
    .split(/[ \t]+/)
    .filter((part) => part !== "");
  const length = end + 2;
  if (parts[0] === "UNKNOWN") return { kind: "read", client: undefined, length };
  const mistake = versionOneMistake(parts);
  if (mistake !== undefined) return refuse(mistake);
  return { kind: "read", client: { host: plain(parts[1]!), port: Number(parts[3]) }, length };
}

function versionOneMistake(parts: readonly string[]): string | undefined {
  if (parts.length !== 5) return `${invalid}: invalid v1 format`;
  const [protocol, source = "", target = "", sourcePort = "", targetPort = ""] = parts;
  if (ipFamily(source) === 0 || ipFamily(target) === 0) return `${invalid}: invalid address`;
  if (!isPort(sourcePort)) return "invalid source port";
  if (!isPort(targetPort)) return "invalid dest port";
  const six = [source, target].filter((address) => address.includes(":")).length;
  if (protocol === "TCP4") return six > 0 ? `${invalid}: TCP4 with IPv6 address` : undefined;
  if (protocol === "TCP6") return six < 2 ? `${invalid}: TCP6 with IPv4 address` : undefined;
  return `${invalid}: invalid protocol ${protocol}`;
}

function isPort(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffff;
}

/*  signature 12 | version, command 1 | family, protocol 1 | length u16 | addresses and more, length bytes |  */
function readVersionTwo(bytes: Buffer): ProxyHeader {
  const signed = Math.min(bytes.length, versionTwoStart.length);
  if (bytes.compare(versionTwoStart, 0, signed, 0, signed) !== 0)
    return refuse(`${invalid}: invalid signature`);
  if (bytes.length < 16) return more;
  const version = bytes[12]! & 0xf0;
  const command = bytes[12]! & 0x0f;
  const family = bytes[13]! >> 4;
  const stream = (bytes[13]! & 0x0f) === 1;
  const size = bytes.readUInt16BE(14);
  if (version !== 0x20)
    return refuse(`${invalid}: invalid version 0x${version.toString(16).padStart(2, "0")}`);
  if (command > 1)
    return refuse(`unknown PROXY protocol command: 0x${command.toString(16).padStart(2, "0")}`);
  const speaksForItself = command === 0 || (stream && family === 0);
  if (!speaksForItself) {
    const mistake = versionTwoMistake(stream, family, size);
    if (mistake !== undefined) return refuse(mistake);
  }
  const length = 16 + size;
  if (bytes.length < length) return more;
  if (speaksForItself) return { kind: "read", client: undefined, length };
  const client = family === 1 ? fourthAddress(bytes) : sixthAddress(bytes);
  return { kind: "read", client, length };
}

function versionTwoMistake(stream: boolean, family: number, size: number): string | undefined {
  const unsupported = "unsupported PROXY protocol feature";
  if (!stream) return `${unsupported}: only STREAM protocol supported`;
  if (family !== 1 && family !== 2) {
    return `${unsupported}: unsupported address family 0x${(family << 4).toString(16).padStart(2, "0")}`;
  }
  if (family === 1 && size < 12) return `IPv4 address data too short: ${size} bytes`;
  return family === 2 && size < 36 ? `IPv6 address data too short: ${size} bytes` : undefined;
}

function fourthAddress(bytes: Buffer): Endpoint {
  return { host: bytes.subarray(16, 20).join("."), port: bytes.readUInt16BE(24) };
}

function sixthAddress(bytes: Buffer): Endpoint {
  const groups: string[] = [];
  for (let at = 16; at < 32; at += 2) groups.push(bytes.readUInt16BE(at).toString(16));
  return { host: plain(shortest(groups)), port: bytes.readUInt16BE(48) };
}

/** The longest run of zero groups becomes "::" [RFC 5952]. */
function shortest(groups: readonly string[]): string {
  const runs = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)];
  if (runs.length === 0) return groups.join(":");
  const longest = runs.reduce((a, b) => (b[0].length > a[0].length ? b : a));
  const whole = groups.join(":");
  const before = whole.slice(0, longest.index);
  const after = whole.slice(longest.index + longest[0].length);
  return `${before}::${after.replace(/^:/, "")}`;
}

/** An IPv4 address in IPv6's clothes is written as IPv4. */
function plain(host: string): string {
  const mapped = /^::ffff:(.+)$/i.exec(host)?.[1];
  if (mapped === undefined) return host;
  if (ipFamily(mapped) === 4) return mapped;
  const [high = 0, low = 0] = mapped.split(":").map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** 4, 6, or 0 for what is no address. */
function ipFamily(text: string): 0 | 4 | 6 {
  if (text.includes(":")) return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`) ? 6 : 0;
  const parts = text.split(".");
  const numbers = parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return parts.length === 4 && numbers ? 4 : 0;
}
