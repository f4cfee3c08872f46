// The status of the close frame for each reason to close a connection [nats-server websocket.go wsEnqueueCloseMessage].

import type { ClosedReason } from "../wire/violation.ts";

const normalClosure = 1000;
export const goingAway = 1001;
export const protocolError = 1002;
export const invalidPayload = 1007;
const policyViolation = 1008;
const messageTooBig = 1009;
const internalError = 1011;
/** RFC 6455 reserves it for local use; nats-server sends it. */
const tlsHandshake = 1015;

const statuses: ReadonlyMap<ClosedReason, number> = new Map<ClosedReason, number>([
  ["Client Closed", normalClosure],
  ["Authentication Timeout", policyViolation],
  ["Authentication Failure", policyViolation],
  ["Slow Consumer (Pending Bytes)", policyViolation],
  ["Slow Consumer (Write Deadline)", policyViolation],
  ["Maximum Account Connections Exceeded", policyViolation],
  ["Maximum Connections Exceeded", policyViolation],
  ["Maximum Control Line Exceeded", policyViolation],
  ["Maximum Subscriptions Exceeded", policyViolation],
  ["Missing Account", policyViolation],
  ["Authentication Expired", policyViolation],
  ["Credentials Revoked", policyViolation],
  ["TLS Handshake Failure", tlsHandshake],
  ["Parse Error", protocolError],
  ["Protocol Violation", protocolError],
  ["Bad Client Protocol Version", protocolError],
  ["Maximum Message Payload Exceeded", messageTooBig],
  ["Write Error", goingAway],
  ["Read Error", goingAway],
  ["Stale Connection", goingAway],
  ["Server Shutdown", goingAway],
]);

export function closeStatusFor(reason: ClosedReason): number {
  return statuses.get(reason) ?? internalError;
}
