// Events and /varz keep to the schemas that the NATS authors publish for them (nats-io/jsm.go, schema_source/server).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { accountsConfig, messageTo, Side } from "./pair.ts";
import { schemaFaults } from "./schema.ts";

/** What nats-server says and the schemas have not heard of. */
const newerThanTheSchemas = new Set([
  "$.server has an unknown feature_flags",
  "$ has an unknown name",
  "$ has an unknown num_subscriptions",
]);

function schemaOf(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(import.meta.dirname, "schemas", `${name}.json`), "utf8")) as Record<
    string,
    unknown
  >;
}

describe("the published schemas", () => {
  let side: Side;

  before(async () => {
    side = await Side.start("ours", accountsConfig);
  });
  after(async () => {
    await side?.stop();
  });

  test("/varz keeps to its own", async () => {
    const { body } = await side.get("/varz");

    assert.deepEqual(schemaFaults(schemaOf("varz"), JSON.parse(body)), []);
  });

  test("events keep to theirs", async () => {
    const watcher = await side.client({ user: "sys", pass: "secret-of-sys" });
    watcher.send("SUB $SYS.ACCOUNT.> 1\r\n");
    await watcher.sync();
    const peer = await side.client({ user: "b", pass: "secret-of-b", name: "n", lang: "l", version: "1" });
    peer.send("NONSENSE\r\n");
    await peer.ended();

    for (const [subject, name] of [
      ["$SYS.ACCOUNT.B.CONNECT", "client_connect"],
      ["$SYS.ACCOUNT.B.DISCONNECT", "client_disconnect"],
      ["$SYS.ACCOUNT.B.SERVER.CONNS", "account_connections"],
    ] as const) {
      await watcher.until(() => messageTo(watcher.heard, subject) !== undefined, subject);
      const faults = schemaFaults(schemaOf(name), JSON.parse(messageTo(watcher.heard, subject)!));
      assert.deepEqual(
        faults.filter((text) => !newerThanTheSchemas.has(text)),
        [],
        subject,
      );
    }
  });

  test("a schema that is not kept to is noticed", () => {
    const faults = schemaFaults(schemaOf("varz"), { server_id: 7 });

    assert.ok(
      faults.some((text) => text.includes("server_id is no string")),
      faults.join("\n"),
    );
  });
});
