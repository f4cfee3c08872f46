import assert from "node:assert/strict";
import { test } from "node:test";
import { unguarded } from "../../session/guard-limits.ts";
import { optionsOf, refusalOf } from "./testing/outside.ts";

test("without a tenancy block nobody is held to limits of that kind", () => {
  assert.equal(optionsOf("debug: true").tenancy, unguarded);
});

test("every key of the tenancy block sets a limit", () => {
  const { tenancy } = optionsOf(`tenancy {
    unauthenticated: 1, unauthenticated_per_address: 2, failed_sign_ins: 3, failed_sign_ins_per_address: 4
    connections_per_user: 5, account_subscriptions: 6
    subject_bytes: 7, subject_tokens: 8, subject_token_bytes: 9, subscription_tokens: 10
    header_bytes: 11, header_lines: 12
    account_pending: 13, account_messages: 14, account_bytes: 15, turn_bytes: 16, turn_time: "17ms"
    memory_soft: 18, memory_hard: 19
  }`);

  assert.deepEqual(tenancy, {
    unauthenticated: 1,
    unauthenticatedPerAddress: 2,
    failedSignIns: 3,
    failedSignInsPerAddress: 4,
    connectionsPerUser: 5,
    accountSubscriptions: 6,
    subjectBytes: 7,
    subjectTokens: 8,
    subjectTokenBytes: 9,
    subscriptionTokens: 10,
    headerBytes: 11,
    headerLines: 12,
    accountPendingBytes: 13,
    accountMessagesPerSecond: 14,
    accountBytesPerSecond: 15,
    turnBytes: 16,
    turnMs: 17,
    memorySoftBytes: 18,
    memoryHardBytes: 19,
  });
});

test("sizes may have units", () => {
  assert.equal(optionsOf("tenancy { header_bytes: 64KB }").tenancy.headerBytes, 65_536);
});

test("what makes no sense in the tenancy block is refused, and where it stands", () => {
  for (const [text, why] of [
    ["tenancy { subject_byte: 1 }", 's.conf:1:10: unknown field "subject_byte"'],
    ["tenancy { subject_bytes: -1 }", "s.conf:1:10: subject_bytes can not be negative"],
    ["tenancy { header_lines: many }", "interface conversion: interface {} is string, not int64"],
    ["tenancy { turn_time: soon }", "error parsing turn_time: "],
    ['tenancy { turn_time: "-1ms" }', "turn_time can not be negative"],
    ["tenancy { memory_soft: 2, memory_hard: 1 }", "memory_soft can not be more than memory_hard"],
    ["tenancy: yes", "s.conf:1:0: Expected tenancy to be a map, got bool"],
  ] as const) {
    assert.ok(refusalOf(text).includes(why), refusalOf(text));
  }
});
