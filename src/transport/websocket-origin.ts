// May a page of this origin connect? `same_origin` and `allowed_origins` [nats-server websocket.go checkOrigin].

export interface Origin {
  /** Lower case. */
  readonly scheme: string;
  /** Lower case, without port. */
  readonly host: string;
  /** Digits; the scheme's own when the URL names none. */
  readonly port: string;
}

export interface OriginPolicy {
  /** The origin must be the host that the request names. */
  readonly sameOrigin: boolean;
  /** Empty: any. With `sameOrigin` both must hold. */
  readonly allowed: readonly Origin[];
}

/** Reads an absolute URL; undefined if it is none. */
export function parseOrigin(url: string): Origin | undefined {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(url);
  if (parts === null) return undefined;
  const scheme = parts[1]!.toLowerCase();
  const place = splitHostPort(parts[2]!, scheme === "https");
  return place && { scheme, ...place };
}

/**
 * Answers why not, undefined if it may. A request without an origin may: whoever is no browser could send any.
 * `requestHost` is what the Host header says, `secure` whether it came over TLS.
 */
export function refuseOrigin(
  origin: string | undefined,
  requestHost: string,
  secure: boolean,
  policy: OriginPolicy,
): string | undefined {
  if (!policy.sameOrigin && policy.allowed.length === 0) return undefined;
  if (origin === undefined || origin === "") return undefined;
  const page = parseOrigin(origin);
  if (page === undefined) return "origin not allowed: invalid URI";

  if (policy.sameOrigin) {
    const own = splitHostPort(requestHost, secure);
    const scheme = secure ? "https" : "http";
    if (own?.host !== page.host || own.port !== page.port || page.scheme !== scheme) {
      return "origin not allowed: not same origin";
    }
  }
  const listed = policy.allowed.some(
    ({ scheme, host, port }) => scheme === page.scheme && host === page.host && port === page.port,
  );
  return policy.allowed.length === 0 || listed ? undefined : "origin not allowed: not in the allowed list";
}

/** Undefined for what Go's net.SplitHostPort refuses for another reason than a missing port. */
function splitHostPort(hostPort: string, secure: boolean): { host: string; port: string } | undefined {
  const text = hostPort.toLowerCase();
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1]!, port: bracketed[2]! };
  // As in nats-server, an IPv6 host without a port keeps its brackets.
  const portless = /^\[[^[\]]*\]$|^[^:[\]]*$/.test(text);
  if (portless) return { host: text, port: secure ? "443" : "80" };
  const simple = /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  return simple === null ? undefined : { host: simple[1]!, port: simple[2]! };
}
