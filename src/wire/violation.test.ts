import assert from "node:assert/strict";
import { test } from "node:test";
import type { Violation } from "./violation.ts";
import * as violations from "./violation.ts";

const closing: readonly (readonly [Violation, string | undefined, string])[] = [
  [violations.unknownOperation, "Unknown Protocol Operation", "Protocol Violation"],
  [violations.malformed("what"), undefined, "Protocol Violation"],
  [violations.headersNotSupported, undefined, "Protocol Violation"],
  [violations.maxControlLine, "maximum control line exceeded", "Maximum Control Line Exceeded"],
  [violations.maxPayload(2, 1), "Maximum Payload Violation", "Maximum Message Payload Exceeded"],
  [violations.authorizationViolation, "Authorization Violation", "Authentication Failure"],
  [violations.proxyNotTrusted, "Authorization Violation", "Proxy Not Trusted"],
  [violations.proxyRequired, "Authorization Violation", "Proxy Required"],
  [violations.authenticationTimeout, "Authentication Timeout", "Authentication Timeout"],
  [violations.userAuthenticationExpired, "User Authentication Expired", "Authentication Expired"],
  [violations.accountAuthenticationExpired, "Account Authentication Expired", "Authentication Expired"],
  [violations.userAuthenticationRevoked, "User Authentication Revoked", "Credentials Revoked"],
  [
    violations.accountConnectionsExceeded,
    "maximum account active connections exceeded",
    "Maximum Account Connections Exceeded",
  ],
  [violations.connectionsExceeded, "maximum connections exceeded", "Maximum Connections Exceeded"],
  [violations.subscriptionsOverLimit, "maximum subscriptions exceeded", "Maximum Subscriptions Exceeded"],
  [violations.staleConnection, "Stale Connection", "Stale Connection"],
  [violations.invalidClientProtocol, "invalid client protocol", "Bad Client Protocol Version"],
  [
    violations.noRespondersRequiresHeaders,
    "no responders requires headers support",
    "No Responders Requires Headers",
  ],
  [violations.tlsRequired, "Secure Connection - TLS Required", "TLS Handshake Failure"],
  [
    violations.throttled,
    "Connection throttling is active. Please try again later.",
    "Maximum Connections Exceeded",
  ],
  [violations.connectedToRoutePort, "attempted to connect to route port", "Incorrect Port"],
  [violations.connectedToLeafNodePort, "attempted to connect to leaf node port", "Incorrect Port"],
  [violations.connectedToGatewayPort, "attempted to connect to gateway port", "Incorrect Port"],
];

const warnings: readonly (readonly [Violation, string])[] = [
  [violations.failedAccountRegistration, "Failed Account Registration"],
  [violations.subscriptionsExceeded, "maximum subscriptions exceeded"],
  [violations.invalidPublishSubject, "Invalid Publish Subject"],
  [violations.invalidSubject, "Invalid Subject"],
  [violations.publishDenied("foo"), 'Permissions Violation for Publish to "foo"'],
  [violations.publishReplyDenied("_R_.x"), 'Permissions Violation for Publish with Reply of "_R_.x"'],
  [violations.subscriptionDenied("foo", undefined, "1"), 'Permissions Violation for Subscription to "foo"'],
  [
    violations.subscriptionDenied("foo", "q", "1"),
    'Permissions Violation for Subscription to "foo" using queue "q"',
  ],
  [
    violations.subscriptionWithdrawn("foo", undefined, "1"),
    'Permissions Violation for Subscription to "foo" (sid "1")',
  ],
  [
    violations.subscriptionWithdrawn("foo", "q", "1"),
    'Permissions Violation for Subscription to "foo" using queue "q" (sid "1")',
  ],
  [violations.tooManyTokens("a.b", "1"), 'Permissions Violation for Subscription to "a.b", too many tokens'],
];

test("these close the connection, for the reason that monitoring shows", () => {
  for (const [violation, text, reason] of closing) {
    assert.deepEqual([violation.text, violation.closes, violation.reason], [text, true, reason]);
  }
});

test("these are said and the connection stays", () => {
  for (const [violation, text] of warnings) {
    assert.deepEqual([violation.text, violation.closes, violation.reason], [text, false, undefined]);
  }
});

test("every violation there is stands in one of the two tables", () => {
  const named = Object.values(violations).filter((value): value is Violation => typeof value === "object");
  const listed = new Set([...closing, ...warnings].map(([violation]) => violation));

  assert.deepEqual(
    named.filter((violation) => !listed.has(violation)),
    [],
  );
});

test("what a peer named is quoted, so that it can neither end its line nor hide", () => {
  for (const [wireText, quoted] of [
    ["foo.*", '"foo.*"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\r\n\tb\x07\x08\x0b\x0c", '"a\\r\\n\\tb\\a\\b\\v\\f"'],
    ["\x00\x1f\x7f", '"\\x00\\x1f\\x7f"'],
    ["\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", '"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"'],
    ["\xff\xc3(\xed\xa0\x80", '"\\xff\\xc3(\\xed\\xa0\\x80"'],
    ["\xc2\xa0\xe2\x80\x8b\xf3\xa0\x80\x81", '"\\u00a0\\u200b\\U000e0001"'],
    [
      "\xef\xbf\xbd\xc0\x80\xf4\x90\x80\x80\xe2\x82",
      '"\xef\xbf\xbd\\xc0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82"',
    ],
  ] as const) {
    assert.equal(violations.publishDenied(wireText).text, `Permissions Violation for Publish to ${quoted}`);
  }
});
