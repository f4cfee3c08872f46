// What forwarding knows of one publishing connection.

import type { Outbox } from "./outbox.ts";
import type { Route } from "./route.ts";

/** Answers what a first sight of a subject needs decided: may this connection publish it, and who is interested? */
export interface Resolver {
  /** The route of a literal subject; undefined when this connection may not publish it. */
  resolve(subject: string): Route | undefined;
  /** Whether this connection may publish a subject whose route is known already. */
  mayPublish(subject: string): boolean;
}

/** 256 counters per account: a subscription with a wildcard advances those of the subjects that it can match. */
export type Epochs = Uint32Array;

export class Lane {
  /** The account's number; routes are kept by account and subject. */
  account = -1;
  epochs: Epochs;
  /** Interned set of publish permissions; 0 may publish anything. */
  permissionClass = 0;
  /** Deliveries to this connection's own outbox are left out. */
  noEcho = false;
  /** Headers were negotiated; without them HPUB is the stair's to refuse. */
  headers = false;
  /** Everything goes to the stair: not yet authenticated, verbose, pedantic or traced. */
  slow = true;
  /** Bytes of headers and payload a message may have; the stair refuses larger ones. */
  maxPayload = 0;
  /** Bytes of headers a message may have here; the stair looks at longer ones. */
  headerBytesMax = Number.MAX_SAFE_INTEGER;
  readonly resolver: Resolver;
  readonly outbox: Outbox;
  /** Messages taken from this connection by forwarding, and their bytes; the stair counts its own. */
  messages = 0;
  bytes = 0;

  constructor(resolver: Resolver, outbox: Outbox, epochs: Epochs) {
    this.resolver = resolver;
    this.outbox = outbox;
    this.epochs = epochs;
  }
}
