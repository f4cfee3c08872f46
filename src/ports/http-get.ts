// Asking over HTTP for something small.

export interface GetRequest {
  /** With its scheme, and user and password if it has any. */
  readonly url: string;
  /** For https: absent or "" is what the system trusts, and no certificate of one's own. All PEM. */
  readonly tls?: {
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
    readonly insecure: boolean;
  };
  /** From first to last byte, redirects included. */
  readonly timeoutMs: number;
  /** A longer body is a failure. */
  readonly bytesMax: number;
}

export type GetAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly reason: string; readonly body: Buffer }
  | { readonly kind: "failed"; readonly why: string };

/** Answers once, never at once; follows redirects. Never throws. */
export type HttpGet = (request: GetRequest, answered: (answer: GetAnswer) => void) => void;
