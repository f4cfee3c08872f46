// What JetStream may use and how it behaves.

export interface JetStreamLimitOptions {
  /** 0 for each: nats-server's default, none or not limited here. */
  readonly ackPending: number;
  readonly highAvailabilityAssets: number;
  readonly requestBatch: number;
  readonly duplicateWindowMs: number;
  readonly batchesPerStream: number;
  readonly batches: number;
  readonly batchMessages: number;
  readonly batchTimeoutMs: number;
  /** Consumers of a stream that says nothing itself; -1: unlimited. */
  readonly consumersDefault: number;
}

export interface JetStreamOptions {
  readonly enabled: boolean;
  /** Unknown request fields are refused. */
  readonly strict: boolean;
  /** "" if none was given: the server then chooses a temporary directory. */
  readonly storeDirectory: string;
  /** -1: the server chooses (three quarters of the memory, of the free disk). */
  readonly memoryBytesMax: number;
  readonly storeBytesMax: number;
  readonly domain: string;
  readonly uniqueTag: string;
  /** Accepted; an acknowledgement always means "on disk". */
  readonly syncIntervalMs: number;
  readonly syncAlways: boolean;
  readonly limits: JetStreamLimitOptions;
  /** "" if the store is not encrypted. */
  readonly encryptionKey: string;
  readonly previousEncryptionKey: string;
  readonly cipher: "default" | "chacha" | "aes";
  readonly extensionHint: string;
  readonly bufferedMessagesMax: number;
  readonly bufferedBytesMax: number;
  readonly requestQueueMax: number;
  readonly infoQueueMax: number;
  readonly concurrentIo: number;
  readonly outstandingCatchupBytes: number;
  /** Account to domain: clients of the account reach JetStream in that domain. */
  readonly defaultDomains: ReadonlyMap<string, string>;
}
