import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MatchCache } from "./match-cache.ts";
import { naiveMatches } from "./subject.testing.ts";

const subject = fc.constantFrom("a.a", "a.b", "b.a", "b.b", "a.a.a", "c", "a", "b.c.d");
const pattern = fc.constantFrom("a.*", "*.a", ">", "c", "a.>", "*");

test("a cache answers with what was last set and not forgotten since, or not at all", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant("ask" as const), subject) },
    fc.tuple(fc.constant("forget" as const), subject),
    fc.tuple(fc.constant("forgetMatching" as const), pattern),
  );
  fc.assert(
    fc.property(fc.constantFrom(1, 3, 9, 9, 9), fc.array(step, { maxLength: 60 }), (sizeMax, steps) => {
      const cache = new MatchCache<number>(sizeMax);
      const set = new Map<string, number>();
      for (const [time, [what, text]] of steps.entries()) {
        if (what === "ask") {
          const known = cache.get(text);
          if (sizeMax >= 8) assert.equal(known, set.get(text));
          if (known === undefined) cache.set(text, time);
          else assert.equal(known, set.get(text));
          if (known === undefined) set.set(text, time);
        } else if (what === "forget") {
          cache.forget(text);
          set.delete(text);
        } else {
          cache.forgetMatching(text);
          for (const each of [...set.keys()]) if (naiveMatches(text, each)) set.delete(each);
        }
        assert.ok(cache.size <= sizeMax);
        if (sizeMax >= 8) assert.equal(cache.size, set.size);
      }
    }),
    { numRuns: 500 },
  );
});
