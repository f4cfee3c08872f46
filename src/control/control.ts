// The control plane as one thing: answers requests and brings the cells to what the database says.

import type { KeyPair } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import { type ControlLimits, defaultControlLimits } from "./actions/context.ts";
import { type Convergence, converge } from "./actions/converge.ts";
import { Handler } from "./http/handler.ts";
import type { HttpRequest, HttpResponse } from "./http/message.ts";
import type { CellLinks } from "./regions/cell-link.ts";
import type { Store } from "./store/store.ts";
import type { Vault } from "./vault.ts";

export interface ControlParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly links: CellLinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  /** The operator's signing key: signs account JWTs and deletions. From `found`. */
  readonly operator: KeyPair;
  readonly systemAccountId: string;
  readonly limits?: Partial<ControlLimits>;
  /** What /readyz and /healthz answer; always ready when absent. */
  readonly ready?: () => boolean;
}

export interface Control {
  /** Answers one request; never rejects. */
  handle(request: HttpRequest): Promise<HttpResponse>;
  /**
   * One pass of the reconciler: at start, and every 30 s. Not two at a time. Rejects only for what is no cell's
   * fault, as a database that cannot be read.
   */
  converge(signal?: AbortSignal): Promise<Convergence>;
}

export function createControl(parts: ControlParts): Control {
  const { limits, ready, ...rest } = parts;
  const context = { ...rest, limits: { ...defaultControlLimits, ...limits } };
  const handler = new Handler(context, ready ?? (() => true));
  return {
    handle: (request) => handler.handle(request),
    converge: (signal) => converge(context, signal),
  };
}
