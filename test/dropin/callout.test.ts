// Authorization services, as a configuration and as claims name them, on our broker and on the real nats-server where one
// is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { connect as connectClient, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { newAccount } from "../../src/identity/account-claims.ts";
import { newAuthorizationResponse } from "../../src/identity/authorization-claims.ts";
import { openSealed, seal } from "../../src/identity/curve.ts";
import { decodeAuthorizationRequest } from "../../src/identity/decode.ts";
import {
  encodeAccount,
  encodeAuthorizationResponse,
  encodeOperator,
  encodeUser,
} from "../../src/identity/encode.ts";
import { type KeyKind, KeyPair } from "../../src/identity/nkey.ts";
import { newOperator } from "../../src/identity/operator-claims.ts";
import { newUser, type UserClaims } from "../../src/identity/user-claims.ts";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const key = (kind: KeyKind, byte: number): KeyPair => KeyPair.create(kind, Buffer.alloc(32, byte));
const issuer = key("account", 1);
const stranger = key("account", 2);
const box = key("curve", 3);
const subject = "$SYS.REQ.USER.AUTH";
const nowS = (): number => Math.floor(Date.now() / 1_000);
const refusal = "Authorization Violation";

type Verdict = Partial<UserClaims> | { readonly error: string } | "silence";

interface Question {
  readonly user: string;
  readonly pass: string;
}

interface Manners {
  readonly sealed?: boolean;
  /** Issues the users; the answers' signer by itself. */
  readonly users?: KeyPair;
}

/** Answers as `judge` says. */
function serve(
  service: NatsConnection,
  signer: KeyPair,
  judge: (question: Question) => Verdict,
  { sealed = false, users = signer }: Manners = {},
): void {
  service.subscribe(subject, {
    callback: (error, message) => {
      assert.equal(error, null);
      const asker = message.headers?.get("Nats-Server-Xkey") ?? "";
      const plain = sealed ? openSealed(message.data, asker, box)! : Buffer.from(message.data);
      const decoded = decodeAuthorizationRequest(plain.latin1Slice());
      assert.ok(decoded.ok);
      const { nats } = decoded.value;
      const verdict = judge({ user: nats.connect_opts.user, pass: nats.connect_opts.pass });
      if (verdict === "silence") return void message.respond("");
      const blank = newAuthorizationResponse(nats.user_nkey);
      const said =
        "error" in verdict
          ? { error: String(verdict.error) }
          : { jwt: encodeUser({ ...newUser(nats.user_nkey), ...verdict }, users, nowS()) };
      const response = { ...blank, aud: nats.server_id.id, nats: { ...blank.nats, ...said } };
      const answer = Buffer.from(encodeAuthorizationResponse(response, signer, nowS()), "latin1");
      message.respond(sealed ? seal(answer, asker, box, Buffer.alloc(24, 9))! : answer);
    },
  });
}

async function signIn(port: number, connect: object): Promise<{ answer: string; peer: RawPeer }> {
  const peer = await RawPeer.dial(port);
  await peer.greeting();
  peer.send(`CONNECT ${JSON.stringify({ verbose: false, protocol: 1, ...connect })}\r\nPING\r\n`);
  await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
  const answer = /-ERR '(.*)'/.exec(peer.heard)?.[1] ?? "in";
  return { answer, peer };
}

for (const program of brokerPrograms()) {
  describe(`an authorization service of ${program.name}`, { skip: program.skip }, () => {
    const started: { stop(): Promise<unknown> }[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const begin = async (
      judge: (question: Question) => Verdict,
      more: { signer?: KeyPair; sealed?: boolean; callout?: string } = {},
    ): Promise<number> => {
      const { signer = issuer, sealed = false, callout = "" } = more;
      const xkey = sealed ? `xkey: ${box.publicKey}` : "";
      const running = new Running(program, ["-c", "s.conf"], {
        "s.conf": `host: 127.0.0.1, port: -1
          accounts { AUTH { users: [ { user: auth, password: auth }, { user: inside, password: x } ] }, APP {}, OTHER { users: [ { user: own, password: o } ] } }
          authorization { timeout: 1, auth_callout { issuer: ${issuer.publicKey}, account: AUTH, auth_users: [ auth ], ${xkey} ${callout} } }`,
      });
      started.push(running);
      const port = await running.port();
      const service = await connectClient({ port, user: "auth", pass: "auth", reconnect: false });
      serve(service, signer, judge, { sealed });
      await service.flush();
      started.push({ stop: () => service.close() });
      return port;
    };

    const byPassword = ({ user, pass }: Question): Verdict =>
      pass === "good" ? { aud: "APP", name: user } : { error: "bad password" };

    test("lets in whom it names, into the account it names", async () => {
      const port = await begin(byPassword);

      const { answer, peer } = await signIn(port, { user: "ada", pass: "good" });

      assert.equal(answer, "in");
      await peer.until(() => peer.heard.includes('"remote_account":"APP"'), "INFO");
      peer.close();
    });

    test("refuses whom it has an error for", async () => {
      const port = await begin(byPassword);

      assert.equal((await signIn(port, { user: "ada", pass: "bad" })).answer, refusal);
    });

    test("refuses by an empty answer", async () => {
      const port = await begin(() => "silence");

      assert.equal((await signIn(port, { user: "ada", pass: "good" })).answer, refusal);
    });

    test("its permissions hold", async () => {
      const pub = { allow: ["ok"], deny: undefined };
      const port = await begin(() => ({ aud: "APP", nats: { ...newUser("").nats, pub } }));

      const { peer } = await signIn(port, { user: "ada", pass: "good" });
      peer.send("PUB no 0\r\n\r\nPUB ok 0\r\n\r\n");
      await peer.until(() => peer.heard.includes("-ERR"), "the violation");

      assert.match(peer.heard, /Permissions Violation for Publish to "no"/);
      peer.close();
    });

    test("its users are asked about too, unless they are its own", async () => {
      const port = await begin(byPassword);

      assert.equal((await signIn(port, { user: "own", pass: "o" })).answer, refusal);
      const { answer, peer } = await signIn(port, { user: "auth", pass: "auth" });
      assert.equal(answer, "in");
      peer.send(`PUB ${subject} 0\r\n\r\n`);
      await peer.until(() => peer.heard.includes("-ERR"), "the violation");
      peer.close();
    });

    test("with allowed_accounts users of other accounts are not asked about", async () => {
      const port = await begin(byPassword, { callout: "allowed_accounts: [ APP ]" });

      const { answer, peer } = await signIn(port, { user: "own", pass: "o" });

      assert.equal(answer, "in");
      peer.close();
    });

    test("an answer by another key does not count", async () => {
      const port = await begin(byPassword, { signer: stranger });

      assert.equal((await signIn(port, { user: "ada", pass: "good" })).answer, refusal);
    });

    test("an account that is not there lets nobody in", async () => {
      const port = await begin(() => ({ aud: "NOWHERE" }));

      assert.equal((await signIn(port, { user: "ada", pass: "good" })).answer, refusal);
    });

    test("questions and answers may be sealed", async () => {
      const port = await begin(byPassword, { sealed: true });

      const { answer, peer } = await signIn(port, { user: "ada", pass: "good" });

      assert.equal(answer, "in");
      assert.equal((await signIn(port, { user: "ada", pass: "bad" })).answer, refusal);
      peer.close();
    });

    test("what ends, ends", async () => {
      const port = await begin(() => ({ aud: "APP", exp: nowS() + 1 }));

      const { peer } = await signIn(port, { user: "ada", pass: "good" });
      await peer.ended();

      assert.match(peer.heard, /-ERR 'User Authentication Expired'/);
    });

    test("in operator mode the account's claims name it, and it may send users to other accounts", async () => {
      const [operator, authUser, app] = [key("operator", 10), key("user", 11), key("account", 12)];
      const [auth, system] = [key("account", 13), key("account", 14)];
      const named = newAccount(auth.publicKey);
      const authorization = { auth_users: [authUser.publicKey], allowed_accounts: [app.publicKey], xkey: "" };
      const accounts = [
        { ...named, name: "AUTH", nats: { ...named.nats, authorization } },
        { ...newAccount(app.publicKey), name: "APP" },
        { ...newAccount(system.publicKey), name: "SYS" },
      ];
      const preload = accounts.map((claims) => `${claims.sub}: ${encodeAccount(claims, operator, nowS())}`);
      const running = new Running(program, ["-c", "s.conf"], {
        "s.conf": `host: 127.0.0.1, port: -1
          operator: ${encodeOperator({ ...newOperator(operator.publicKey), name: "O" }, operator, nowS())}
          system_account: ${system.publicKey}
          resolver: MEMORY
          resolver_preload { ${preload.join("\n")} }`,
      });
      started.push(running);
      const port = await running.port();
      const jwt = encodeUser(newUser(authUser.publicKey), auth, nowS());
      const service = await connectClient({
        port,
        authenticator: jwtAuthenticator(jwt, Buffer.from(authUser.seed())),
        reconnect: false,
      });
      started.push({ stop: () => service.close() });
      serve(service, auth, ({ pass }) => (pass === "good" ? { name: "ada" } : { error: "no" }), {
        users: app,
      });
      await service.flush();
      const bearer = newUser(key("user", 15).publicKey);
      const sentinel = encodeUser({ ...bearer, nats: { ...bearer.nats, bearer_token: true } }, auth, nowS());

      const { answer, peer } = await signIn(port, { jwt: sentinel, user: "ada", pass: "good" });

      assert.equal(answer, "in");
      await peer.until(() => peer.heard.includes(`"remote_account":"${app.publicKey}"`), "INFO");
      assert.equal((await signIn(port, { jwt: sentinel, user: "ada", pass: "bad" })).answer, refusal);
      peer.close();
    });
  });
}
