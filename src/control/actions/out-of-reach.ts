// A cell that does not answer in time is an expected outcome: refused, traced, and made good by the reconciler.

import { Fault } from "../../base/assert.ts";
import { type Refused, refuse } from "../model/refusal.ts";
import { StoreFault } from "../store/database.ts";
import type { ControlContext } from "./context.ts";

/** A cell's fault, and not the database's. */
export function isCellFault(error: unknown): error is Fault {
  return error instanceof Fault && !(error instanceof StoreFault);
}

/** @throws `error` itself unless it is a cell's fault: whatever else failed is a surprise. */
export function outOfReach(context: ControlContext, error: unknown, attempted: string): Refused {
  if (!isCellFault(error)) throw error;
  context.trace.log("warn", `${attempted}: ${error.message}`, { ...error.context });
  return refuse({ kind: "unavailable", help: "the region's NATS servers did not answer in time; try again" });
}
