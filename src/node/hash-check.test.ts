import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HashChecker } from "./hash-check.ts";

/** The beginning of a hash, and no more. */
const rest = "04$abcdefghijklmnopqrstuu";

const checkers: HashChecker[] = [];
after(() => Promise.all(checkers.map((checker) => checker.stop())));

function started(): HashChecker {
  const checker = new HashChecker();
  checkers.push(checker);
  return checker;
}

function check(checker: HashChecker, password: string, hash: string): Promise<boolean> {
  return new Promise((resolve) => checker.check(password, hash, resolve));
}

test("a password is told from another by its hash, whatever its minor version", async () => {
  const { default: bcrypt } = await import("bcryptjs");
  const hash = bcrypt.hashSync("loom", 4);
  const checker = started();

  for (const minor of ["a", "b", "x", "y"]) {
    const spelt = `$2${minor}$${hash.slice(4)}`;
    assert.equal(await check(checker, "loom", spelt), true);
    assert.equal(await check(checker, "mool", spelt), false);
  }
});

test("what is no hash matches nothing", async () => {
  const checker = started();

  for (const hash of ["", "$2a$", `$2a$${rest}`, `$2a$99$${"a".repeat(53)}`, `$2a$03$${"a".repeat(53)}`]) {
    assert.equal(await check(checker, "loom", hash), false);
  }
});

test("many questions at once each get their own answer", async () => {
  const { default: bcrypt } = await import("bcryptjs");
  const hash = bcrypt.hashSync("7", 4);
  const checker = started();

  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => check(checker, String(at), hash)));

  assert.deepEqual(
    answers.map((matches, at) => (matches ? at : -1)).filter((at) => at >= 0),
    [7],
  );
});
