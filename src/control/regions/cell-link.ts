// What the control plane's actions need of a cell, whatever server stands behind it: the few things that any
// operator-mode NATS server offers in public to its system account.

/** One live connection of an account, as CONNZ lists it. */
export interface CellConnection {
  /** The server that holds it (N… nkey): a kick goes to this one. */
  readonly server: string;
  readonly cid: number;
  /** Public nkey (U…) of the user it authenticated as; empty where the server does not say. */
  readonly user: string;
}

/**
 * A cell that can be talked to. Every call rejects with a Fault when no server of the cell answers in time;
 * every call may be repeated after any failure.
 */
export interface CellLink {
  /** Applies an account JWT. Resolves when every reachable server has confirmed it, at least one. */
  push(accountJwt: string): Promise<void>;
  /** The exact text the cell holds for an account, or undefined when it knows none. */
  lookup(accountId: string): Promise<string | undefined>;
  /** Ids of all accounts the cell holds claims for, the system account included. */
  list(): Promise<readonly string[]>;
  connections(accountId: string): Promise<readonly CellConnection[]>;
  kick(connection: CellConnection): Promise<void>;
  /** Deletes every stream and stored message of an account. A cell without JetStream has nothing to purge. */
  purge(accountId: string): Promise<void>;
  /** Bytes stored by an account, replicas counted; 0 without JetStream. */
  storedBytes(accountId: string): Promise<number>;
  /** Deletes an account's claims. `claim` is the operator's self-signed generic JWT that names it. */
  remove(claim: string): Promise<void>;
}

/** Where a new account is placed. */
export interface Placement {
  readonly cellId: string;
  /** What clients dial: `nats://HOST:PORT`. */
  readonly endpoint: string;
}

/** The cells of all regions. */
export interface CellLinks {
  /** Region names, "fr-par" first. */
  readonly regions: readonly string[];
  /** Picks the cell for a new account, starting the region's first cell when there is none yet. */
  place(region: string): Promise<Placement>;
  /** The link to a cell already known to the store; rejects with a Fault when it cannot be reached. */
  link(cellId: string): Promise<CellLink>;
  /** What clients dial to reach a cell's accounts; known whether the cell is up or not. */
  endpoint(cellId: string): string;
}
