// A request and its answer as values, so that the whole API can be called without a socket.

export interface HttpRequest {
  readonly method: string;
  /** As received, still percent-encoded, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** At most {@link bodyBytesMax} and one byte: whoever reads it from a socket may stop there. */
  readonly body: Uint8Array;
  /** The peer's address, for counting failed authentications. */
  readonly remote: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or empty with status 204. */
  readonly body: string;
}

export const bodyBytesMax = 64 * 1024;
export const pathLengthMax = 2_048;
export const queryLengthMax = 4_096;

/** The headers every recorded answer carries, errors and 204 included [scaleway mnq v1beta1]. No charset: SDKs compare. */
export function standardHeaders(requestId: string, secure: boolean): Record<string, string> {
  return {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "application/json",
    ...(secure ? { "Strict-Transport-Security": "max-age=63072000" } : {}),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Request-Id": requestId,
  };
}
