// What a transport that carries more than bytes wants to know of the session it carries, and may say for its peer.

import type { ConnectOptions } from "../wire/connect.ts";
import type { ClosedReason } from "../wire/violation.ts";

export interface Carrier {
  /** The address for which a proxy says that it speaks; "" when it says none. */
  readonly forwardedFor: string;
  /** CONNECT as it counts: what the peer left empty may have come another way. */
  complete(connect: ConnectOptions): ConnectOptions;
  /** The peer was let in; its messages may have `maxPayload` bytes (-1: any number). */
  admitted(maxPayload: number): void;
  /** The session is about to end its socket, and this is why. */
  closingFor(reason: ClosedReason): void;
}

/** A plain stream of bytes wants and says nothing. */
export const plainCarrier: Carrier = {
  forwardedFor: "",
  complete: (connect) => connect,
  admitted: () => undefined,
  closingFor: () => undefined,
};
