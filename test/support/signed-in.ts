// Peers and pushes of an operator's server: who signs in with a JWT, and claims that reach the server and are answered.
import assert from "node:assert/strict";
import { connect, credsAuthenticator, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { RawPeer } from "./raw-peer.ts";
import { type Claims, refusal, type User } from "./realm.ts";

const requestTimeoutMs = 5_000;

/** What a server answers to a request about claims. */
export interface ClaimsAnswer {
  readonly data?: { readonly account?: string; readonly code: number; readonly message: string };
  readonly error?: { readonly account?: string; readonly code: number; readonly description: string };
}

/** Asks of the system account's user. */
export class SystemUser {
  readonly connection: NatsConnection;

  constructor(connection: NatsConnection) {
    this.connection = connection;
  }

  static async dial(port: number, user: User): Promise<SystemUser> {
    const authenticator = credsAuthenticator(Buffer.from(user.creds));
    return new SystemUser(await connect({ port, authenticator, reconnect: false }));
  }

  ask(subject: string, body: string | Uint8Array = ""): Promise<Msg> {
    return this.connection.request(subject, body, { timeout: requestTimeoutMs });
  }

  async answer(subject: string, body: string | Uint8Array = ""): Promise<ClaimsAnswer> {
    return (await this.ask(subject, body)).json<ClaimsAnswer>();
  }

  /** What the server says to claims that are pushed: its text, be it good or bad. */
  async told(jwt: string): Promise<string> {
    const { data, error } = await this.answer("$SYS.REQ.CLAIMS.UPDATE", jwt);
    return data?.message ?? error?.description ?? "";
  }

  async push(jwt: string): Promise<void> {
    assert.equal(await this.told(jwt), "jwt updated");
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

/** A peer that has signed in and heard its first PONG; `more` goes into its CONNECT. */
export async function signedIn(port: number, user: User, more: Claims = {}): Promise<RawPeer> {
  const peer = await RawPeer.dial(port);
  const { nonce } = await peer.greeting();
  const options = { verbose: false, headers: true, no_responders: true, ...user.proof(nonce), ...more };
  peer.send(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
  await peer.until(() => peer.heard.includes("PONG\r\n"), "PONG");
  return peer;
}

/** The -ERR text that refuses a user; "" when it is let in. */
export function refused(port: number, user: User): Promise<string> {
  return refusal(port, (nonce) => user.proof(nonce));
}
