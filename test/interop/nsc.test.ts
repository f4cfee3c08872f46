// nsc, by which operators manage accounts and users: what it pushes counts, what it pulls is what was pushed, and what it
// takes back is cut. install.ts does not install it: where it is missing these tests are skipped, whatever CHAPPE_TOOLS
// says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { findProgram } from "../support/programs.ts";

const nsc = findProgram("nsc");
const missing = "no nsc here: put it into .cache/tools or PATH, or name it in NSC_BIN";
const commandTimeoutMs = 60_000;

for (const program of brokerPrograms()) {
  const skip = nsc === undefined ? missing : program.skip;
  describe(`nsc at ${program.name}`, { skip }, () => {
    const home = mkdtempSync(join(tmpdir(), "chappe-nsc-"));
    let broker: BrokerProcess;

    before(async () => {
      run("init --name demo --dir", join(home, "stores"));
      const config = run("generate config --nats-resolver --sys-account SYS")
        .replace("dir: './jwt'", "dir: 'DIRECTORY/jwt'")
        .replace("allow_delete: false", "allow_delete: true");
      broker = await startBrokerProcess(program, config);
      run(`edit operator --account-jwt-server-url nats://127.0.0.1:${broker.port}`);
    });
    after(async () => {
      await broker?.stop();
      rmSync(home, { recursive: true, force: true });
    });

    test("accounts that are pushed let their users in, and no others", async () => {
      await assert.rejects(dial("demo", "demo"), /authorization violation/i);

      assert.match(run("push --all"), /pushed "demo" to nats-server \w+: jwt updated/);

      const [one, two] = [await dial("demo", "demo"), await dial("demo", "demo")];
      const heard = one.subscribe("greeting", { max: 1 });
      await one.flush();
      two.publish("greeting", "hello");
      for await (const message of heard) assert.equal(message.string(), "hello");
      await Promise.all([one.close(), two.close()]);
    });

    test("what was pushed is pulled, and replaces what was changed meanwhile", () => {
      const jwt = join(home, "stores/demo/accounts/demo/demo.jwt");
      run("push --all");
      const pushed = readFileSync(jwt, "utf8").trim();
      run("edit account --name demo --description changed");
      assert.notEqual(readFileSync(jwt, "utf8").trim(), pushed);

      run("pull --all --overwrite-newer");

      assert.equal(readFileSync(jwt, "utf8").trim(), pushed);
    });

    test("users of a signing key come and go with it", async () => {
      const first = newSigningKey("demo");
      run(`add user --account demo --name early --private-key ${first}`);
      run("push --account demo");
      const early = await dial("demo", "early");

      const second = newSigningKey("demo");
      run(`add user --account demo --name late --private-key ${second}`);
      run(`edit account --name demo --rm-sk ${first}`);
      run("push --account demo");
      await early.closed();

      await assert.rejects(dial("demo", "early"), /authorization violation/i);
      await (await dial("demo", "late")).close();
    });

    test("a scoped signing key gives its users its rights", async () => {
      const key = newSigningKey("demo");
      run(`edit signing-key --account demo --sk ${key} --role reader --allow-sub >  --deny-pub >`);
      run("add user --account demo --name reader --private-key reader");
      run("push --account demo");
      const reader = await dial("demo", "reader");

      const refused = nextError(reader);
      reader.publish("news", "x");
      await reader.flush();

      assert.equal(await refused, 'Permissions Violation for Publish to "news"');
      await reader.close();
    });

    test("a revoked user is cut and refused, and no other", async () => {
      run("add user --account demo --name bad");
      run("push --account demo");
      const [bad, good] = [await dial("demo", "bad"), await dial("demo", "demo")];

      run("revocations add-user --account demo --name bad");
      run("push --account demo");
      const why = await bad.closed();
      await good.flush();

      assert.match(String(why), /User Authentication Revoked/i);
      await assert.rejects(dial("demo", "bad"), /authorization violation/i);
      await good.close();
    });

    test("an account that is deleted and pruned is gone, and its users with it", async () => {
      run("add account --name doomed");
      run("add user --account doomed --name u");
      run("push --all");
      const user = await dial("doomed", "u");

      run("delete account --name doomed --revoke=false");
      const said = run("push --all --prune");
      await user.closed();

      assert.match(said, /prun|delet/i);
      await assert.rejects(dial("doomed", "u"), /authorization violation/i);
      await (await dial("demo", "demo")).close();
    });

    /** What nsc says, on both of its channels. @throws Error when it fails. */
    function run(line: string, ...more: readonly string[]): string {
      const places = { HOME: home, XDG_CONFIG_HOME: join(home, "config"), XDG_DATA_HOME: join(home, "data") };
      const env = { ...places, NKEYS_PATH: join(home, "keys"), NSC_HOME: home, NSC_NO_GIT_IGNORE: "1" };
      const args = [...line.split(" ").filter((word) => word !== ""), ...more];
      const { status, stdout, stderr } = spawnSync(nsc!, args, {
        env,
        cwd: home,
        encoding: "utf8",
        timeout: commandTimeoutMs,
      });
      assert.equal(status, 0, `nsc ${line}\n${stdout}${stderr}`);
      return stdout + stderr;
    }

    function newSigningKey(account: string): string {
      const said = run(`edit account --name ${account} --sk generate`);
      return /added signing key "(A\w+)"/.exec(said)![1]!;
    }

    function dial(account: string, user: string): Promise<NatsConnection> {
      const creds = readFileSync(join(home, "keys/creds/demo", account, `${user}.creds`));
      return connect({ port: broker.port, authenticator: credsAuthenticator(creds), reconnect: false });
    }
  });
}

/** What the next error is about that a connection is told of. */
async function nextError(connection: NatsConnection): Promise<string> {
  for await (const status of connection.status()) if (status.type === "error") return status.error.message;
  return "closed";
}
