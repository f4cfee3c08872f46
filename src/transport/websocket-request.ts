// Reads the head of an HTTP/1 request as Go's net/http does, as far as a WebSocket handshake needs it: bytes in, a request
// or the answer to a bad one out [go net/http readRequest].

export interface HttpRequest {
  readonly method: string;
  /** As it was asked for, without query. */
  readonly path: string;
  /** From the request line if that names one, else from the Host header; "" without either. */
  readonly host: string;
  /** By lower-case name, in order; one character per byte. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** A head that makes no request: status and text as Go answers them, before any handler is asked. */
export interface BadHead {
  readonly status: string;
  /** What stands in the body. */
  readonly body: string;
}

/** More lines than this are refused; browsers send two dozen. */
const headerLinesMax = 256;

const badRequest: BadHead = plain("400 Bad Request");
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const headPattern = /^(\S+) (\S+) HTTP\/([0-9])\.([0-9])$/;

export function plain(status: string): BadHead {
  return { status, body: status };
}

/** Reads the lines of a head, without the blank one that ends it. */
export function readHead(head: string): HttpRequest | BadHead {
  const lines = head.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const first = headPattern.exec(lines[0]!);
  if (first === null || !tokenPattern.test(first[1]!)) return badRequest;
  const target = readTarget(first[2]!);
  if (target === undefined) return badRequest;
  const headers = readHeaders(lines.slice(1));
  if (headers === undefined) return badRequest;
  if (first[3] !== "1") {
    return plain("505 HTTP Version Not Supported: unsupported protocol version");
  }
  const hosts = headers.get("host") ?? [];
  const refusal = checkHeaders(headers, hosts, first[4] !== "0");
  if (refusal !== undefined) return refusal;
  return { method: first[1]!, path: target.path, host: target.host || (hosts[0] ?? ""), headers };
}

function checkHeaders(
  headers: ReadonlyMap<string, readonly string[]>,
  hosts: readonly string[],
  needsHost: boolean,
): BadHead | undefined {
  if (hosts.length > 1) return badRequest;
  const encoding = headers.get("transfer-encoding");
  if (encoding !== undefined && encoding.join().toLowerCase() !== "chunked") {
    return { status: "501 Not Implemented", body: "Unsupported transfer encoding" };
  }
  if (needsHost && hosts.length === 0) return plain("400 Bad Request: missing required Host header");
  if (hosts.length === 1 && !/^[!$-;=?-Z[\]_a-z~]*$/.test(hosts[0]!)) {
    return plain("400 Bad Request: malformed Host header");
  }
  for (const name of headers.keys()) {
    if (!tokenPattern.test(name)) return plain("400 Bad Request: invalid header name");
  }
  return undefined;
}

/** A path, or a whole URL; undefined for anything else, broken escapes included. */
function readTarget(target: string): { host: string; path: string } | undefined {
  if (/[^!-~\x80-\xff]/.test(target) || /%(?![0-9A-Fa-f]{2})/.test(target.split("?")[0]!)) return undefined;
  const parts = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*))?(\/[^?]*)?(?:\?.*)?$/.exec(target);
  if (parts === null || (parts[1] === undefined && parts[2] === undefined)) return undefined;
  return { host: parts[1] ?? "", path: parts[2] ?? "/" };
}

function readHeaders(lines: readonly string[]): Map<string, string[]> | undefined {
  if (lines.length > headerLinesMax) return undefined;
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of lines) {
    if (line[0] === " " || line[0] === "\t") {
      if (last === undefined) return undefined;
      last[last.length - 1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    const value = line.slice(colon + 1).trim();
    // Tabs may stand in a value, other control characters may not.
    if (/[^\t -~\x80-\xff]/.test(value)) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    last = headers.get(name);
    if (last === undefined) headers.set(name, (last = [value]));
    else last.push(value);
  }
  return headers;
}
