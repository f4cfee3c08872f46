import assert from "node:assert/strict";
import { test } from "node:test";
import { configureText } from "../server/config/configure.ts";
import type { ServerOptions } from "../server/config/options.ts";
import { unguarded } from "../session/guard-limits.ts";
import { brokerSettings, tenancySettings } from "./broker-settings.ts";

/** What our broker makes of a cell's configuration that ends with these settings. */
function optionsOf(settings: string): ServerOptions {
  const configured = configureText(`max_pending: 64MB\n${settings}`, "cell.conf", {
    readFile: () => ({ kind: "failed", code: "ENOENT" }),
    env: () => undefined,
    pathKind: () => "nothing",
  });
  assert.equal(configured.kind, "options", configured.kind === "refused" ? configured.message : "");
  return (configured as { options: ServerOptions }).options;
}

test("cells of our broker are told every limit there is for tenants", () => {
  const { tenancy, limits } = optionsOf(tenancySettings(1_000 * 1_048_576));

  assert.deepEqual(
    Object.entries(tenancy).filter(([, value]) => value === 0),
    [],
  );
  assert.deepEqual([limits.pendingBytes, limits.subscriptions], [8_388_608, 1_000]);
  assert.deepEqual([tenancy.memorySoftBytes, tenancy.memoryHardBytes], [750 * 1_048_576, 900 * 1_048_576]);
  assert.equal(tenancy.turnMs, 1);
});

test("the cells share the machine's memory", () => {
  const hard = (cells: number) => optionsOf(brokerSettings("/own", "/own", cells)).tenancy.memoryHardBytes;

  assert.ok(hard(100) > 0);
  assert.ok(hard(200) <= hard(100) / 2);
});

test("another program's cells are told nothing that only ours knows, and nothing that it would take otherwise", () => {
  const text = brokerSettings("/opt/nats-server", "/own", 2);

  assert.match(text, /^#[^\n]*\n$/);
  assert.equal(optionsOf(text).tenancy, unguarded);
});
