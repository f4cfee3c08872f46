// Byte streams between this process and its peers, with TLS as a property of a stream rather than another kind of one.

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What is known of a peer's TLS once its handshake is done. */
export interface TlsState {
  /** As OpenSSL names it: "TLSv1.3". */
  readonly version: string;
  readonly cipher: string;
  /** The verified chain the peer showed, leaf first, in DER; empty when it showed none. */
  readonly peerCertificates: readonly Uint8Array[];
  /** The leaf's names as a certificate viewer would show them; absent without a client certificate. */
  readonly peerSubject?: string;
}

/** A certificate chain and its key, as PEM texts. */
export interface KeyMaterial {
  readonly cert: string;
  readonly key: string;
}

/** Key material and policy of a TLS listener. */
export interface TlsOptions extends KeyMaterial {
  /** Shown instead to peers that ask for a name which these have and the first has not; the first match counts. */
  readonly others?: readonly KeyMaterial[];
  readonly ca?: string;
  /** Ask for and verify a client certificate. */
  readonly verify: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL cipher list. */
  readonly ciphers?: string;
  /** OpenSSL groups for the key exchange, preferred first, with colons between them. */
  readonly curves?: string;
  /** Handshakes that take longer fail. */
  readonly timeoutMs: number;
}

export interface SocketListener {
  /** Bytes arrived. The buffer is the listener's until it returns; whoever keeps bytes longer copies them. */
  data(chunk: Buffer): void;
  /** Bytes had been waiting, and all of them have now been handed to the operating system. */
  drained(): void;
  /** The stream is over, once, for whatever reason; nothing is called after it. `error` is absent on a clean end. */
  closed(error?: Error): void;
}

/** One stream of bytes to a peer. Nothing arrives before `start`. */
export interface Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly tls: TlsState | undefined;
  start(listener: SocketListener): void;
  /** Hands bytes over. True when they have been taken and the buffer may be reused; else it is the socket's for good. */
  write(bytes: Uint8Array): boolean;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly pendingBytes: number;
  /** Bytes handed over since the stream began. */
  readonly writtenBytes: number;
  /** Those of them that the operating system has taken. */
  readonly takenBytes: number;
  /** Takes the stream through a TLS handshake as server; data then flows decrypted. `first` are bytes read too early. */
  startTls(options: TlsOptions, first: Buffer | undefined, done: (error?: Error) => void): void;
  /** Stops and restarts reading; what was read already still arrives. */
  pause(): void;
  resume(): void;
  /** Sends what is pending, then closes. */
  end(): void;
  /** Closes at once; what is pending is lost. */
  destroy(): void;
}

export interface Listener {
  /** Where it really listens; a port asked for as 0 is known now. */
  readonly address: Endpoint;
  /** Stops accepting; accepted streams stay. Resolves when the port is free. */
  close(): Promise<void>;
}

export interface Network {
  /**
   * Binds and accepts. `port` 0 takes a free one.
   * @throws Fault when the address cannot be bound; `cause` is the operating system's error (code EADDRINUSE, EACCES …).
   */
  listen(at: Endpoint, accept: (socket: Socket) => void): Promise<Listener>;
}
