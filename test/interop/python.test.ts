// The Python tutorial's two scripts with nats-py and the .creds file that the API gave.
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { Tutorial } from "./chappe.ts";

const python = needProgram("python");
const scripts = join(import.meta.dirname, "python");

describe("the Python tutorial", { skip: python.skip }, () => {
  let reader: Tutorial;
  before(async () => {
    reader = await Tutorial.begin([python.path]);
  });
  after(() => reader?.end());

  test("the subscriber prints the plain message and the one with headers", async () => {
    reader.run(`
post() { curl -sf -X POST -H "X-Auth-Token: $SCW_SECRET_KEY" -H "Content-Type: application/json" "$SCW_API_URL/mnq/v1beta1/regions/fr-par/$1" -d "$2"; }
post nats-accounts '{"name": "nats-broker", "project_id": "'$SCW_DEFAULT_PROJECT_ID'"}' > nats-broker.json
post nats-credentials '{"name": "my-nats-credentials", "nats_account_id": "'$(jq -r .id nats-broker.json)'"}' > my-credentials.json
jq -r .credentials.content my-credentials.json > nats.creds`);
    const endpoint = String(reader.json("nats-broker.json").endpoint);
    const script = (name: string): string => `env ENDPOINT=${endpoint} ${python.path} ${join(scripts, name)}`;

    const subscriber = reader.terminal(script("sub.py"));
    await subscriber.shows(/Subscription OK/);
    const publisher = reader.terminal(script("pub.py"));
    await subscriber.shows(/RandomHeaders/);
    await publisher.ended;
    const ended = once(subscriber.child, "close");
    subscriber.child.kill("SIGTERM");
    await ended;

    assert.equal(publisher.child.exitCode, 0, publisher.written);
    assert.equal(
      subscriber.written,
      [
        "Connection",
        `Connected to NATS at ${new URL(endpoint).host}...`,
        "Subscribing",
        "Subscription OK",
        "Received a message on 'my-subject': This is a simple message with some datas",
        "Headers maybe: None",
        "Received a message on 'my-subject': This is still a simple message but with some headers inside",
        "Headers maybe: {'Example': 'True', 'RandomHeaders': 'True'}",
        "Disconnecting...",
        "Disconnection OK",
        "",
      ].join("\n"),
    );
  });
});
