// What one tenant may take of a server that serves many, so that the others keep theirs; nats-server knows none of it.

/** Everything is 0 where there is no such limit. */
export interface GuardLimits {
  /** Connections that have not signed in yet: in all, and from one address. */
  readonly unauthenticated: number;
  readonly unauthenticatedPerAddress: number;
  /** Sign-ins that may fail in a second: in all, and from one address. Beyond, sign-ins wait. */
  readonly failedSignIns: number;
  readonly failedSignInsPerAddress: number;
  /** Connections at a time of one user (one credential). */
  readonly connectionsPerUser: number;
  readonly accountSubscriptions: number;
  /** Of a subject that is published to. */
  readonly subjectBytes: number;
  readonly subjectTokens: number;
  readonly subjectTokenBytes: number;
  /** Of a subject that is subscribed to. */
  readonly subscriptionTokens: number;
  /** Of one message; the line with the version and the empty one at the end are no header lines. */
  readonly headerBytes: number;
  readonly headerLines: number;
  /** Bytes that wait for all peers of an account together; beyond, the peer with the most of them is cut. */
  readonly accountPendingBytes: number;
  /** What an account may publish in a second; a second's worth may come at once. Beyond, who publishes waits. */
  readonly accountMessagesPerSecond: number;
  readonly accountBytesPerSecond: number;
  /** What one connection may take of the server before it is the others' turn. */
  readonly turnBytes: number;
  readonly turnMs: number;
  /** Memory in use by the server: where no tenant is let in any more, and where the largest buffers go. */
  readonly memorySoftBytes: number;
  readonly memoryHardBytes: number;
}

export const unguarded: GuardLimits = {
  unauthenticated: 0,
  unauthenticatedPerAddress: 0,
  failedSignIns: 0,
  failedSignInsPerAddress: 0,
  connectionsPerUser: 0,
  accountSubscriptions: 0,
  subjectBytes: 0,
  subjectTokens: 0,
  subjectTokenBytes: 0,
  subscriptionTokens: 0,
  headerBytes: 0,
  headerLines: 0,
  accountPendingBytes: 0,
  accountMessagesPerSecond: 0,
  accountBytesPerSecond: 0,
  turnBytes: 0,
  turnMs: 0,
  memorySoftBytes: 0,
  memoryHardBytes: 0,
};
