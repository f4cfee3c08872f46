// A tenant with a credentials file, as any NATS application is one.
import assert from "node:assert/strict";
import { connect, credsAuthenticator, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import type { NatsAccount, NatsCredentials } from "./rest.ts";

export function dial(
  endpoint: string,
  creds: string,
  more: { readonly tls?: TlsOptions; readonly reconnect?: boolean } = {},
): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(Buffer.from(creds));
  const patience = { maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 10 };
  return connect({ servers: endpoint, authenticator, reconnect: false, ...patience, ...more });
}

/** Sends a message to itself; proves that a connection can do what an account is for. */
export async function passMessage(connection: NatsConnection): Promise<void> {
  const inbox = connection.subscribe("echo", { max: 1 });
  await connection.flush();
  connection.publish("echo", "Hi there!");
  for await (const message of inbox) assert.equal(message.string(), "Hi there!");
}

/** Whether credentials connect to their account's endpoint and pass a message. */
export async function works(account: NatsAccount, credentials: NatsCredentials): Promise<void> {
  const connection = await dial(account.endpoint, credentials.credentials.content);
  await passMessage(connection);
  await connection.close();
}
