// Every way in which a peer can be told off: the text of its -ERR, whether it is closed, and what monitoring calls that.

import { quote } from "./quote.ts";

/** Why a connection ended, in the words of monitoring and of disconnect events [nats-server monitor.go ClosedState]. */
export type ClosedReason =
  | "Client Closed"
  | "Authentication Timeout"
  | "Authentication Failure"
  | "TLS Handshake Failure"
  | "Slow Consumer (Pending Bytes)"
  | "Slow Consumer (Write Deadline)"
  | "Write Error"
  | "Read Error"
  | "Parse Error"
  | "Stale Connection"
  | "Protocol Violation"
  | "Bad Client Protocol Version"
  | "Incorrect Port"
  | "Maximum Connections Exceeded"
  | "Maximum Account Connections Exceeded"
  | "Maximum Message Payload Exceeded"
  | "Maximum Control Line Exceeded"
  | "Maximum Subscriptions Exceeded"
  | "Duplicate Route"
  | "Route Removed"
  | "Server Shutdown"
  | "Authentication Expired"
  | "Wrong Gateway"
  | "Missing Account"
  | "Credentials Revoked"
  | "Internal Client"
  | "Message Header Violation"
  | "No Responders Requires Headers"
  | "Cluster Name Conflict"
  | "Duplicate Remote LeafNode Connection"
  | "Duplicate Client ID"
  | "Duplicate Server Name"
  | "Minimum Version Required"
  | "Cluster Names Identical"
  | "Kicked"
  | "Proxy Not Trusted"
  | "Proxy Required";

export interface Violation {
  /** What stands between the quotes of -ERR, as wire text; undefined means that the peer is told nothing. */
  readonly text: string | undefined;
  readonly closes: boolean;
  /** Why the connection is closed; undefined when it is not. */
  readonly reason: ClosedReason | undefined;
  /** What the operator's log says when that is not `text`, as wire text; "" for nothing. */
  readonly detail: string | undefined;
}

function closing(text: string | undefined, reason: ClosedReason, detail?: string): Violation {
  return { text, closes: true, reason, detail };
}

function warning(text: string, detail?: string): Violation {
  return { text, closes: false, reason: undefined, detail };
}

export const unknownOperation = closing("Unknown Protocol Operation", "Protocol Violation");
export const maxControlLine = closing("maximum control line exceeded", "Maximum Control Line Exceeded");
/** [nats-server errors.go ErrMsgHeadersNotSupported] is logged only. */
export const headersNotSupported = closing(undefined, "Protocol Violation", "message headers not supported");
export const authorizationViolation = closing(
  "Authorization Violation",
  "Authentication Failure",
  "authentication error",
);
/** The peer is not told which of the two it is, monitoring is [nats-server auth.go getAuthErrClosedState]. */
export const proxyNotTrusted = closing(
  "Authorization Violation",
  "Proxy Not Trusted",
  "proxy is not trusted",
);
export const proxyRequired = closing(
  "Authorization Violation",
  "Proxy Required",
  "proxy connection required",
);
export const authenticationTimeout = closing("Authentication Timeout", "Authentication Timeout");
export const userAuthenticationExpired = closing("User Authentication Expired", "Authentication Expired");
export const accountAuthenticationExpired = closing(
  "Account Authentication Expired",
  "Authentication Expired",
);
export const userAuthenticationRevoked = closing("User Authentication Revoked", "Credentials Revoked");
export const failedAccountRegistration = warning("Failed Account Registration");
export const accountConnectionsExceeded = closing(
  "maximum account active connections exceeded",
  "Maximum Account Connections Exceeded",
);
export const connectionsExceeded = closing("maximum connections exceeded", "Maximum Connections Exceeded");
/** A SUB over the limit is refused and the connection kept. */
export const subscriptionsExceeded = warning("maximum subscriptions exceeded");
/** The limit shrank under subscriptions that stand already [nats-server client.go applyAccountLimits]. */
export const subscriptionsOverLimit = closing(
  "maximum subscriptions exceeded",
  "Maximum Subscriptions Exceeded",
);
export const staleConnection = closing("Stale Connection", "Stale Connection");
export const invalidPublishSubject = warning("Invalid Publish Subject", "");
export const invalidSubject = warning("Invalid Subject", "");
export const invalidClientProtocol = closing("invalid client protocol", "Bad Client Protocol Version");
export const noRespondersRequiresHeaders = closing(
  "no responders requires headers support",
  "No Responders Requires Headers",
);
export const tlsRequired = closing("Secure Connection - TLS Required", "TLS Handshake Failure");
export const throttled = closing(
  "Connection throttling is active. Please try again later.",
  "Maximum Connections Exceeded",
);
export const connectedToRoutePort = closing("attempted to connect to route port", "Incorrect Port");
export const connectedToLeafNodePort = closing("attempted to connect to leaf node port", "Incorrect Port");
export const connectedToGatewayPort = closing("attempted to connect to gateway port", "Incorrect Port");

/** A command whose arguments make no sense: the peer is closed and told nothing. */
export function malformed(detail: string): Violation {
  return closing(undefined, "Protocol Violation", detail);
}

/** `size` and `limit` in bytes. */
export function maxPayload(size: number, limit: number): Violation {
  return closing(
    "Maximum Payload Violation",
    "Maximum Message Payload Exceeded",
    `maximum payload exceeded: ${size} vs ${limit}`,
  );
}

export function publishDenied(subject: string): Violation {
  const named = quote(subject);
  return warning(`Permissions Violation for Publish to ${named}`, `Publish Violation - Subject ${named}`);
}

/** Replies that the server keeps for itself: `_R_.`, `_GR_.`, `$JS.ACK.`. */
export function publishReplyDenied(reply: string): Violation {
  const named = quote(reply);
  return warning(
    `Permissions Violation for Publish with Reply of ${named}`,
    `Publish Violation - Reply ${named}`,
  );
}

export function subscriptionDenied(subject: string, queue: string | undefined, sid: string): Violation {
  const named = quote(subject);
  const group = queue === undefined || queue === "" ? "" : `, Queue: ${quote(queue)}`;
  return warning(
    `Permissions Violation for Subscription to ${named}${usingQueue(queue)}`,
    `Subscription Violation - Subject ${named}${group}, SID ${sid}`,
  );
}

/** Permissions changed under a subscription that stood already. */
export function subscriptionWithdrawn(subject: string, queue: string | undefined, sid: string): Violation {
  return warning(
    `Permissions Violation for Subscription to ${quote(subject)}${usingQueue(queue)} (sid ${quote(sid)})`,
  );
}

export function tooManyTokens(subject: string, sid: string): Violation {
  const named = quote(subject);
  return warning(
    `Permissions Violation for Subscription to ${named}, too many tokens`,
    `Subscription Violation Too Many Tokens - Subject ${named}, SID ${sid}`,
  );
}

function usingQueue(queue: string | undefined): string {
  return queue === undefined || queue === "" ? "" : ` using queue ${quote(queue)}`;
}
