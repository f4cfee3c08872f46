// What one tenant may take of a server that serves many, so that the others keep theirs; nats-server knows none of it.

/** Everything is 0 where there is no such limit. */
export interface GuardLimits {
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
}

export const unguarded: GuardLimits = {
  accountSubscriptions: 0,
  subjectBytes: 0,
  subjectTokens: 0,
  subjectTokenBytes: 0,
  subscriptionTokens: 0,
  headerBytes: 0,
  headerLines: 0,
};
