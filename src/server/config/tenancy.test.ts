import assert from "node:assert/strict";
import { test } from "node:test";
import { unguarded } from "../../session/guard-limits.ts";
import { optionsOf, refusalOf } from "./testing/outside.ts";

test("without a tenancy block nobody is held to limits of that kind", () => {
  assert.equal(optionsOf("debug: true").tenancy, unguarded);
});

test("every key of the tenancy block sets the limit of that name", () => {
  const keys = Object.keys(unguarded).map((name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  const lines = keys.map((key, at) => `${key}: ${at + 1}`);

  const { tenancy } = optionsOf(`tenancy { ${lines.join("\n")} }`);

  assert.deepEqual(
    Object.values(tenancy),
    keys.map((_, at) => at + 1),
  );
});

test("sizes may have units", () => {
  assert.equal(optionsOf("tenancy { header_bytes: 64KB }").tenancy.headerBytes, 65_536);
});

test("what makes no sense in the tenancy block is refused, and where it stands", () => {
  for (const [text, why] of [
    ["tenancy { subject_byte: 1 }", 's.conf:1:10: unknown field "subject_byte"'],
    ["tenancy { subject_bytes: -1 }", "s.conf:1:10: subject_bytes can not be negative"],
    ["tenancy { header_lines: many }", "interface conversion: interface {} is string, not int64"],
    ["tenancy: yes", "s.conf:1:0: Expected tenancy to be a map, got bool"],
  ] as const) {
    assert.ok(refusalOf(text).includes(why), refusalOf(text));
  }
});
