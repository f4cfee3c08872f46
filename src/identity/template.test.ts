import assert from "node:assert/strict";
import { test } from "node:test";
import { placeholdersOf } from "./template.ts";

test("placeholders are those that nats-server's expression finds", () => {
  const letters = ["{{", "}}", "{", "}", "a", "{{b}}"];
  for (let number = 0; number < letters.length ** 6; number++) {
    let entry = "";
    for (let rest = number; rest > 0; rest = Math.floor(rest / letters.length)) {
      entry += letters[rest % letters.length];
    }
    assert.deepEqual([...placeholdersOf(entry)], [...new Set(entry.match(/\{{2}([^}]+)\}{2}/g))], entry);
  }
});

const hostile: readonly [what: string, make: (length: number) => string][] = [
  ["opens and never closes", (length) => "{{".repeat(length / 2)],
  ["opens often and closes once", (length) => `${"{{".repeat(length / 2)}}`],
  ["closes by halves", (length) => "{{a}".repeat(length / 4)],
  ["closes nothing", (length) => "}}".repeat(length / 2)],
];

for (const [what, make] of hostile) {
  test(`a template that ${what} is read in a time that grows with its length, not its square`, () => {
    const fewest = (length: number): number => {
      const entry = make(length);
      const times = Array.from({ length: 5 }, () => processorTimeOf(() => placeholdersOf(entry)));
      return Math.min(...times);
    };
    fewest(8_192);
    const small = Math.max(fewest(100_000), 100);

    // By the square it would be 4,096 times as long: minutes.
    assert.ok(fewest(6_400_000) < 64 * 16 * small);
  });
}

/** Microseconds. */
function processorTimeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user;
}
