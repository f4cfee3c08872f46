// The memory of this process: what is in use, and giving back what is not.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert } from "../base/assert.ts";
import type { Memory } from "../ports/memory.ts";

export function processMemory(): Memory {
  let collect: (() => void) | undefined;
  return {
    // Not what is resident: the allocator keeps what was freed, for the next peak.
    usedBytes: () => {
      const { heapTotal, arrayBuffers } = process.memoryUsage();
      return heapTotal + arrayBuffers;
    },
    collect: () => {
      collect ??= collector();
      collect();
    },
  };
}

/** Another context to be made, which only those need who have ever too much. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const lent: unknown = runInNewContext("gc");
  assert(typeof lent === "function", "V8 lends its collector to whoever asks for it");
  return () => void lent();
}
