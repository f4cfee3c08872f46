// TLS as an operator meets it: plain on loopback, a local CA that is made once, one's own certificate.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TlsOptions } from "@nats-io/transport-node";
import { makeAuthority, makeLeaf } from "../../src/node/local-ca.ts";
import { cellPid, cleanUp, exported, newDirectory, RunningChappe, skipReason } from "./chappe.ts";
import { type NatsAccount, type NatsCredentials, Rest } from "./rest.ts";
import { dial, passMessage } from "./tenant.ts";

describe("a cell with TLS", { skip: skipReason() }, () => {
  const data = newDirectory();
  let running: RunningChappe;
  let account: NatsAccount;
  let credentials: NatsCredentials;

  before(async () => {
    running = await RunningChappe.start(data, "--tls", "required");
    const rest = new Rest(data);
    account = await rest.createAccount("tenant");
    credentials = await rest.createCredentials(account, "me");
  });
  after(async () => {
    await running?.stop();
    cleanUp(data);
  });

  /** `servername` stands in for dialling a name that resolves to the cell. */
  async function reaches(caFile: string, servername = "localhost"): Promise<void> {
    const tls: TlsOptions = { caFile, ...{ servername } };
    const connection = await dial(account.endpoint, credentials.credentials.content, { tls });
    await passMessage(connection);
    await connection.close();
  }

  test("a client with the CA that env names gets in, one without does not", async () => {
    const ca = exported(data).get("NATS_CA")!;

    await reaches(ca);

    await assert.rejects(
      dial(account.endpoint, credentials.credentials.content),
      /verify|certificate|self-signed/,
    );
  });

  test("the endpoint stays nats:// and the cell says that TLS is required", () => {
    assert.match(account.endpoint, /^nats:\/\//);
  });

  test("the CA is made once: a restart keeps it, and the certificate too", async () => {
    const files = ["ca.pem", "cert.pem"].map((name) => join(data, "tls", name));
    const before = files.map((file) => readFileSync(file, "utf8"));

    await running.stop();
    running = await RunningChappe.start(data, "--tls", "required");

    assert.deepEqual(
      files.map((file) => readFileSync(file, "utf8")),
      before,
    );
    await reaches(files[0]!);
  });

  test("a control plane that was killed adopts its cell over TLS", async () => {
    const cell = cellPid(data, "fr-par");

    await running.kill();
    running = await RunningChappe.start(data, "--tls", "required");

    assert.equal(cellPid(data, "fr-par"), cell);
  });

  test("a terminal that closes does not disturb the cell", async () => {
    const connection = await dial(account.endpoint, credentials.credentials.content, {
      tls: { caFile: join(data, "tls", "ca.pem") },
    });
    const cell = cellPid(data, "fr-par");

    running.signal("SIGHUP");
    await running.says(/nothing to read again/);

    assert.equal(cellPid(data, "fr-par"), cell);
    await passMessage(connection);
    await connection.close();
  });

  test("one's own certificate is shown, for whatever name it stands", async () => {
    const authority = makeAuthority(Date.now());
    const leaf = makeLeaf(authority, ["nats.example.com"], Date.now());
    const [ca, cert, key] = ["own-ca", "own-cert", "own-key"].map((name) => join(data, `${name}.pem`));
    writeFileSync(ca!, authority.cert);
    writeFileSync(cert!, leaf.cert);
    writeFileSync(key!, leaf.key);

    await running.stop();
    running = await RunningChappe.start(data, "--tls", "required", "--tls-cert", cert!, "--tls-key", key!);

    await reaches(ca!, "nats.example.com");
    await assert.rejects(reaches(ca!, "localhost"), /altnames/);
    assert.equal(exported(data).has("NATS_CA"), false);
  });

  test("a certificate that is exchanged is shown after a SIGHUP, without a connection lost", async () => {
    const authority = makeAuthority(Date.now());
    const leaf = makeLeaf(authority, ["localhost"], Date.now());
    const ca = join(data, "next-ca.pem");
    const tls: TlsOptions = { caFile: join(data, "own-ca.pem"), ...{ servername: "nats.example.com" } };
    const old = await dial(account.endpoint, credentials.credentials.content, { tls });
    writeFileSync(ca, authority.cert);
    writeFileSync(join(data, "own-cert.pem"), leaf.cert);
    writeFileSync(join(data, "own-key.pem"), leaf.key);

    running.signal("SIGHUP");
    await eventually(() => reaches(ca));

    await passMessage(old);
    await old.close();
    await new Rest(data).createAccount("the control plane knows the new certificate too");
  });
});

/** The cell tells nobody when it has read its certificate: the question is asked again until it is answered with yes. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
