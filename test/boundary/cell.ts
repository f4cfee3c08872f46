// A broker in operator mode with a connection of its system account: what the control plane holds of a cell.
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { connect, credsAuthenticator, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { type Broker, startBroker } from "./broker.ts";
import { TestAccount, TestOperator, type TestUser } from "./operator.ts";

export const requestTimeoutMs = 5_000;

export interface Answer {
  readonly server?: { readonly id: string; readonly name: string };
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly account?: string; readonly code: number; readonly description: string };
}

export interface ConnectionRow {
  readonly cid: number;
  readonly account?: string;
  readonly authorized_user?: string;
  readonly name?: string;
}

export class TestCell {
  readonly operator: TestOperator;
  readonly system: NatsConnection;
  readonly #broker: Broker;

  constructor(operator: TestOperator, broker: Broker, system: NatsConnection) {
    this.operator = operator;
    this.#broker = broker;
    this.system = system;
  }

  static async start(binary: string, jetstream: boolean): Promise<TestCell> {
    const operator = new TestOperator();
    const broker = await startBroker(binary, operator, jetstream);
    const authenticator = credsAuthenticator((await operator.system.user("control")).creds);
    const system = await connect({ servers: broker.url, authenticator, reconnect: false });
    return new TestCell(operator, broker, system);
  }

  async stop(): Promise<void> {
    await this.system.close();
    await this.#broker.stop();
  }

  dial(user: TestUser, name?: string): Promise<NatsConnection> {
    const authenticator = credsAuthenticator(user.creds);
    return connect({ servers: this.#broker.url, authenticator, name, reconnect: false });
  }

  /** The -ERR text with which the broker answers a user's CONNECT, or "" when it lets the user in. */
  async refusal(user: TestUser): Promise<string> {
    const { hostname, port } = new URL(this.#broker.url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    try {
      for await (const line of createInterface({ input: socket })) {
        if (line.startsWith("INFO ")) {
          const { nonce } = JSON.parse(line.slice(5)) as { nonce: string };
          const options = { jwt: user.jwt, sig: user.sign(nonce), verbose: false, protocol: 1 };
          // One write: a server that closes with bytes unread resets the connection and may take its answer with it.
          socket.write(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
        } else if (line.startsWith("-ERR ")) {
          return line.slice(6, -1);
        } else if (line === "PONG") {
          return "";
        }
      }
      throw new Error("closed without an answer");
    } finally {
      socket.destroy();
    }
  }

  ask(subject: string, body: string | Uint8Array = ""): Promise<Msg> {
    return this.system.request(subject, body, { timeout: requestTimeoutMs });
  }

  async askJson(subject: string, body: string | object = ""): Promise<Answer> {
    return (await this.ask(subject, typeof body === "string" ? body : JSON.stringify(body))).json<Answer>();
  }

  /** An account that the broker knows and may be used. */
  async pushed(name: string, limits: Readonly<Record<string, number | boolean>> = {}): Promise<TestAccount> {
    const account = new TestAccount(name);
    await this.push(await this.operator.sign(account, { limits }));
    return account;
  }

  async push(accountJwt: string): Promise<void> {
    const answer = await this.askJson("$SYS.REQ.CLAIMS.UPDATE", accountJwt);
    assert.equal(answer.data?.code, 200, JSON.stringify(answer));
  }

  async lookup(accountId: string): Promise<string> {
    return (await this.ask(`$SYS.REQ.ACCOUNT.${accountId}.CLAIMS.LOOKUP`)).string();
  }

  /** IDZ answers without the envelope that every other report has. */
  async serverId(): Promise<string> {
    return (await this.ask("$SYS.REQ.SERVER.PING.IDZ")).json<{ id: string }>().id;
  }

  async connectionsOf(accountId: string, page: object = {}): Promise<readonly ConnectionRow[]> {
    const options = { acc: accountId, auth: true, sort: "cid", ...page };
    const answer = await this.askJson("$SYS.REQ.SERVER.PING.CONNZ", options);
    return answer.data?.connections as readonly ConnectionRow[];
  }

  async storedBytes(accountId: string): Promise<number> {
    const answer = await this.askJson("$SYS.REQ.SERVER.PING.JSZ", { account: accountId, accounts: true });
    const details = (answer.data?.account_details ?? []) as readonly { id: string; storage: number }[];
    return details.find((account) => account.id === accountId)?.storage ?? 0;
  }
}
