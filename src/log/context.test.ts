// An operating system's code is found wherever it lies in an error.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../base/assert.ts";
import { codeOf } from "./context.ts";

test("the operating system's code is found in an error, or in what caused it", () => {
  const full = Object.assign(new Error("no room"), { code: "ENOSPC" });
  const table: [Error, string | undefined][] = [
    [full, "ENOSPC"],
    [new Fault("write", { cause: full }), "ENOSPC"],
    [new Fault("commit", { cause: new Fault("write", { cause: full }) }), "ENOSPC"],
    [Object.assign(new Error("outer", { cause: full }), { code: "EIO" }), "EIO"],
    [Object.assign(new Error("a number is no code", { cause: full }), { code: 28 }), "ENOSPC"],
    [new Fault("write"), undefined],
    [new Error("plain"), undefined],
  ];

  for (const [error, expected] of table) assert.equal(codeOf(error), expected, error.message);
});
