import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cellConfig } from "./cell-config.ts";

const cell = {
  serverName: "fr-par-1",
  host: "127.0.0.1",
  port: 4222,
  directory: "/data/cells/fr-par-1",
  operatorJwt: "o.p.r",
  systemAccountId: "AS",
  systemAccountJwt: "s.y.s",
};

describe("cell configuration", () => {
  test("says who is trusted, where claims and messages lie, and nothing of TLS unless there is some", () => {
    const text = cellConfig(cell);

    for (const line of [
      'server_name: "fr-par-1"',
      'operator: "o.p.r"',
      'system_account: "AS"',
      'resolver { type: full, dir: "/data/cells/fr-par-1/jwt", allow_delete: true }',
      'resolver_preload { AS: "s.y.s" }',
    ]) {
      assert.ok(text.split("\n").includes(line), line);
    }
    assert.match(text, /^jetstream \{ store_dir: "\/data\/cells\/fr-par-1\/store",/m);
    assert.match(text, /^include ".\/broker.conf"$/m);
    assert.doesNotMatch(text, /tls/);
  });

  test("the same settings give the same text, others another", () => {
    assert.equal(cellConfig(cell), cellConfig({ ...cell }));
    assert.notEqual(cellConfig(cell), cellConfig({ ...cell, port: 4223 }));
    assert.notEqual(cellConfig(cell), cellConfig({ ...cell, tls: { certFile: "/c", keyFile: "/k" } }));
  });

  test("a path cannot leave its quotes", () => {
    const text = cellConfig({ ...cell, directory: '/a"\\b\n}' });

    assert.ok(text.includes('dir: "/a\\"\\\\b\\x0a}/jwt"'), text);
  });
});
