// The Messaging-and-Queuing NATS quickstart, followed to its end with curl, jq and the real nats CLI: its own commands,
// nothing changed but the host.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { Tutorial } from "./chappe.ts";

/** The quickstart calls the project by its older variable. */
const project = "SCW_PROJECT_ID=$SCW_DEFAULT_PROJECT_ID";

const nats = needProgram("nats");
const [curl, jq] = [needProgram("curl"), needProgram("jq")];

describe("the quickstart", { skip: nats.skip || curl.skip || jq.skip }, () => {
  let reader: Tutorial;
  before(async () => {
    reader = await Tutorial.begin([nats.path]);
  });
  after(() => reader?.end());

  test("an account, credentials, a message, and the account is deleted", async () => {
    reader.run(`${project}
curl --silent -X POST \\
  -H "X-Auth-Token: $SCW_SECRET_KEY" \\
  -H "Content-Type: application/json" \\
  "$SCW_API_URL/mnq/v1beta1/regions/fr-par/nats-accounts" \\
  -d '{"name": "my-nats-account","project_id": "'$SCW_PROJECT_ID'"}' | tee my-nats-account.json | jq`);
    assert.equal(reader.json("my-nats-account.json").name, "my-nats-account");

    reader.run(`${project}
curl --silent -X POST \\
  -H "X-Auth-Token: $SCW_SECRET_KEY" \\
  -H "Content-Type: application/json" \\
  "$SCW_API_URL/mnq/v1beta1/regions/fr-par/nats-credentials" \\
  -d '{"name": "my-credentials","nats_account_id": "'$(jq -r .id my-nats-account.json)'"}' | tee my-nats-credentials.json | jq`);
    reader.run("jq -r .credentials.content my-nats-credentials.json > nats.creds");

    const subscriber = reader.terminal(
      "nats sub -s $(jq -r .endpoint my-nats-account.json) --creds nats.creds my-subject",
    );
    await subscriber.shows(/Subscribing on my-subject/);
    reader.run(
      "nats pub -s $(jq -r .endpoint my-nats-account.json) --creds nats.creds my-subject 'Hi there!'",
    );
    await subscriber.shows(/Received on "my-subject"\s+Hi there!/);

    const deleted = reader.run(`${project}
curl --silent -X DELETE \\
  -H "X-Auth-Token: $SCW_SECRET_KEY" \\
  -H "Content-Type: application/json" \\
  "$SCW_API_URL/mnq/v1beta1/regions/fr-par/nats-accounts/$(jq -r .id my-nats-account.json)" | jq`);
    await subscriber.shows(/disconnected/i);

    assert.equal(deleted, "");
    assert.throws(
      () =>
        reader.run("nats pub -s $(jq -r .endpoint my-nats-account.json) --creds nats.creds my-subject again"),
      /Authorization Violation/i,
    );
  });
});
