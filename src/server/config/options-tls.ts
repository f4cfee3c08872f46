// How connections are encrypted. Files are read when the configuration is, so that a reload brings new certificates.

export interface CertificateOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** The contents, PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface TlsOptions {
  readonly certificates: readonly CertificateOptions[];
  readonly caFile: string;
  /** Contents of `caFile`, PEM; "" if none: then the system's authorities count. */
  readonly ca: string;
  /** Clients must present a certificate that `ca` vouches for. */
  readonly verify: boolean;
  /** The certificate's names choose the user. */
  readonly map: boolean;
  readonly insecure: boolean;
  readonly timeoutMs: number;
  /** New handshakes per second; 0: unlimited. */
  readonly connectionRateLimit: number;
  /** The handshake comes before INFO. */
  readonly handshakeFirst: boolean;
  /** Wait before INFO is sent to a client that began no handshake; 0: never. */
  readonly handshakeFallbackMs: number;
  /** Lower-case hex SHA-256 of the public keys admitted; empty: any. */
  readonly pinnedCerts: ReadonlySet<string>;
  /** Names as in Go (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`); undefined: the defaults. */
  readonly cipherSuites: readonly string[] | undefined;
  /** Names as in Go (`X25519`, `CurveP256`); undefined: the defaults. */
  readonly curvePreferences: readonly string[] | undefined;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}
