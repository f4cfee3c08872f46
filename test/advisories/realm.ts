// An operator with accounts and users for the in-memory broker, whose claims a test bends as it likes.

import { newAccount } from "../../src/identity/account-claims.ts";
import { encodeAccount, encodeOperator } from "../../src/identity/encode.ts";
import { KeyPair } from "../../src/identity/nkey.ts";
import { newOperator } from "../../src/identity/operator-claims.ts";
import { ManualClock } from "../world/clock.ts";
import type { Peer } from "../world/network.ts";
import { seededRandom } from "../world/random.ts";
import { type MemoryServer, memoryServer } from "../world/server.ts";

const now = Math.floor(ManualClock.begin / 1_000);
const random = seededRandom(26);
const newKeys = (kind: "operator" | "account" | "user"): KeyPair => KeyPair.create(kind, random.bytes(32));

type Bent = Readonly<Record<string, unknown>>;

export class User {
  readonly jwt: string;
  readonly #keys: KeyPair;

  constructor(jwt: string, keys: KeyPair) {
    this.jwt = jwt;
    this.#keys = keys;
  }

  proof(nonce: string): object {
    return { jwt: this.jwt, sig: this.#keys.sign(Buffer.from(nonce)).toString("base64url") };
  }
}

export class Account {
  readonly keys: KeyPair = newKeys("account");
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** A user whose claims are those of any user, except for what is bent; signed all the same. */
  user(bent: Bent): User {
    const keys = newKeys("user");
    const nats = {
      pub: {},
      sub: {},
      subs: -1,
      data: -1,
      payload: -1,
      type: "user",
      version: 2,
      ...(bent.nats as object),
    };
    const claims = { iat: now - 10, iss: this.keys.publicKey, sub: keys.publicKey, name: "u", ...bent, nats };
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`;
    return new User(`${signed}.${this.keys.sign(Buffer.from(signed)).toString("base64url")}`, keys);
  }
}

export class Realm {
  readonly operator: KeyPair = newKeys("operator");
  readonly system: Account = new Account("system");

  /** A broker that trusts this operator and knows these accounts. */
  server(
    accounts: readonly Account[],
    { revocations = {} }: { revocations?: Readonly<Record<string, number>> } = {},
  ): Promise<MemoryServer> {
    const operatorJwt = encodeOperator(newOperator(this.operator.publicKey), this.operator, now - 100);
    const preload = [this.system, ...accounts].map((account) => {
      const claims = newAccount(account.keys.publicKey);
      const nats = { ...claims.nats, revocations: new Map(Object.entries(revocations)) };
      return `${account.keys.publicKey}: ${encodeAccount({ ...claims, nats }, this.operator, now - 100)}`;
    });
    return memoryServer(`
      operator: ${operatorJwt}
      system_account: ${this.system.keys.publicKey}
      resolver: MEMORY
      resolver_preload { ${preload.join("\n")} }`);
  }
}

/** Signs in and pings; answers what was said to that. */
export function signIn(peer: Peer, user: User): string {
  const nonce = /"nonce":"([^"]+)"/.exec(peer.takeHeard())![1]!;
  peer.send(
    `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, headers: true, ...user.proof(nonce) })}\r\nPING\r\n`,
  );
  return peer.takeHeard();
}
