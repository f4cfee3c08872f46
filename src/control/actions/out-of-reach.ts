// A cell that does not answer in time is an expected outcome: refused, traced, and made good by the reconciler.

import { Fault } from "../../base/assert.ts";
import { type Refused, refuse } from "../model/refusal.ts";
import type { ControlContext } from "./context.ts";

/** @throws `error` itself unless it is a Fault: whatever else failed is a surprise. */
export function outOfReach(context: ControlContext, error: unknown, attempted: string): Refused {
  if (!(error instanceof Fault)) throw error;
  context.trace.log("warn", `${attempted}: ${error.message}`, { ...error.context });
  return refuse({ kind: "unavailable", help: "the region's NATS servers did not answer in time; try again" });
}
