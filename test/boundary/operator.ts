// A throwaway operator with its system account, made by the NATS authors' own JWT library, so that the boundary
// is tried with claims that none of our code has written.
import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeGeneric,
  encodeOperator,
  encodeUser,
  fmtCreds,
} from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import { openLimits } from "../support/realm.ts";

export const storageLimits = {
  mem_storage: 0,
  disk_storage: 64 * 1024 * 1024,
  streams: 10,
  consumer: 10,
} as const;

export interface AccountTerms {
  readonly limits?: Readonly<Record<string, number | boolean>>;
  readonly revocations?: Readonly<Record<string, number>>;
}

export interface TestUser {
  /** Public nkey, U… */
  readonly id: string;
  /** The text of its credentials file. */
  readonly creds: Uint8Array;
  readonly jwt: string;
  /** Base64url signature of a nonce, as CONNECT carries it. */
  sign(nonce: string): string;
}

export class TestAccount {
  readonly name: string;
  readonly keys: KeyPair;
  readonly id: string;

  constructor(name: string) {
    this.name = name;
    this.keys = createAccount();
    this.id = this.keys.getPublicKey();
  }

  /** A new user's credentials file, and its public nkey. */
  async user(name: string): Promise<TestUser> {
    const keys = createUser();
    const jwt = await encodeUser(name, keys, this.keys);
    const sign = (nonce: string) => Buffer.from(keys.sign(Buffer.from(nonce))).toString("base64url");
    return { id: keys.getPublicKey(), creds: fmtCreds(jwt, keys), jwt, sign };
  }
}

export class TestOperator {
  readonly #keys: KeyPair = createOperator();
  readonly system = new TestAccount("SYS");

  operatorJwt(): Promise<string> {
    return encodeOperator("boundary", this.#keys, { system_account: this.system.id });
  }

  /** The account's claims, signed by this operator. */
  sign(account: TestAccount, terms: AccountTerms = {}): Promise<string> {
    const claims = { limits: { ...openLimits, ...terms.limits }, revocations: terms.revocations ?? {} };
    return encodeAccount(account.name, account.keys, claims, { signer: this.#keys });
  }

  /** The request that deletes accounts: a generic claim, self-signed by the operator. */
  deletion(accountIds: readonly string[]): Promise<string> {
    return encodeGeneric("delete", this.#keys, "generic", { accounts: accountIds } as object, {
      signer: this.#keys,
    });
  }
}
