// A throwaway operator with accounts and users, whose claims a test may bend as it likes: the texts are put together
// here, so that the product's own code is not trusted to write what the product has to refuse. Its keys are: they are
// held against the NATS authors' library elsewhere, and are many times faster.
import { createHash, randomBytes } from "node:crypto";
import { type KeyKind, KeyPair } from "../../src/identity/nkey.ts";
import { RawPeer } from "./raw-peer.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** No limit on anything: nats-server reads an absent number as zero. */
export const openLimits = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
} as const;

export class Account {
  readonly name: string;
  readonly keys: KeyPair = newKeys("account");
  readonly id: string = this.keys.publicKey;

  constructor(name: string) {
    this.name = name;
  }

  /** A user of this account; `changes` replace claims, those of `nats` field by field. */
  user(name: string, changes: Claims = {}, signer = this.keys): User {
    const keys = newKeys("user");
    const nats = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: "user", version: 2 };
    const claims = merged({ iat: now(), sub: keys.publicKey, iss: signer.publicKey, name, nats }, changes);
    return new User(keys, signedClaims(claims, signer));
  }
}

export class User {
  readonly keys: KeyPair;
  readonly id: string;
  readonly jwt: string;

  constructor(keys: KeyPair, jwt: string) {
    this.keys = keys;
    this.id = keys.publicKey;
    this.jwt = jwt;
  }

  /** The text of its credentials file. */
  get creds(): string {
    const seed = this.keys.seed();
    return `-----BEGIN NATS USER JWT-----\n${this.jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
  }

  /** What CONNECT says to be admitted to a server that gave this nonce. */
  proof(nonce: unknown): Claims {
    return {
      jwt: this.jwt,
      sig: this.keys.sign(Buffer.from(String(nonce))).toString("base64url"),
    };
  }
}

export class Realm {
  readonly keys: KeyPair = newKeys("operator");
  /** Its signing key. */
  readonly signing: KeyPair = newKeys("operator");
  readonly system = new Account("SYS");
  readonly #strict: boolean;

  /** @param strict signing keys are to be used: by the operator for accounts, by accounts for users. */
  constructor({ strict = false } = {}) {
    this.#strict = strict;
  }

  /** Configuration of a server of this operator, that knows these accounts' claims. */
  config(
    accountJwts: Readonly<Record<string, string>> = {},
    resolver = '{ type: full, dir: "DIRECTORY/jwt", allow_delete: true }',
  ): string {
    const known = { [this.system.id]: this.accountJwt(this.system), ...accountJwts };
    return [
      `operator: "${this.operatorJwt()}"`,
      `system_account: "${this.system.id}"`,
      `resolver: ${resolver}`,
      `resolver_preload { ${Object.entries(known)
        .map(([id, jwt]) => `${id}: "${jwt}"`)
        .join("\n")} }`,
    ].join("\n");
  }

  operatorJwt(): string {
    const id = this.keys.publicKey;
    const signing = { signing_keys: [this.signing.publicKey], strict_signing_key_usage: this.#strict };
    const nats = { type: "operator", version: 2, system_account: this.system.id, ...signing };
    return signedClaims({ iat: now(), iss: id, sub: id, name: "realm", nats }, this.keys);
  }

  /** An account's claims; `changes` replace claims, those of `nats` field by field. */
  accountJwt(
    account: Account,
    changes: Claims = {},
    signer = this.#strict ? this.signing : this.keys,
  ): string {
    const nats = { limits: openLimits, type: "account", version: 2 };
    const iss = signer.publicKey;
    const claims = merged({ iat: now(), iss, sub: account.id, name: account.name, nats }, changes);
    return signedClaims(claims, signer);
  }

  /** The request that deletes accounts. */
  deletion(...accounts: readonly Account[]): string {
    return this.deletionBy(this.keys, ...accounts);
  }

  deletionBy(signer: KeyPair, ...accounts: readonly Account[]): string {
    const id = signer.publicKey;
    const nats = { accounts: accounts.map((account) => account.id), type: "generic", version: 2 };
    return signedClaims({ iat: now(), iss: id, sub: id, name: "delete", nats }, signer);
  }
}

/** The -ERR text with which a server answers a CONNECT, "" when it lets the user in, "closed" when it says nothing. */
export async function refusal(port: number, proof: (nonce: unknown) => Claims): Promise<string> {
  const peer = await RawPeer.dial(port);
  try {
    const { nonce } = await peer.greeting();
    // One write: a server that closes with bytes unread resets the connection and may take its answer with it.
    peer.send(`CONNECT ${JSON.stringify({ verbose: false, protocol: 1, ...proof(nonce) })}\r\nPING\r\n`);
    await peer.until(() => peer.heard.includes("PONG\r\n") || peer.closed, "an answer");
    if (peer.heard.includes("PONG\r\n")) return "";
    return /-ERR '(.*)'/.exec(peer.heard)?.[1] ?? "closed";
  } finally {
    peer.close();
  }
}

/** Claims as a JWT, with the identifier that hashes them. A text is signed as it is. */
export function signedClaims(claims: Claims | string, signer: KeyPair): string {
  const header = { typ: "JWT", alg: "ed25519-nkey" };
  if (typeof claims === "string") return signedText(JSON.stringify(header), claims, signer);
  const jti = createHash("sha256").update(JSON.stringify(claims)).digest("hex");
  return signedText(JSON.stringify(header), JSON.stringify({ jti, ...claims }), signer);
}

export function signedText(header: string, body: string, signer: KeyPair): string {
  const text = `${Buffer.from(header).toString("base64url")}.${Buffer.from(body).toString("base64url")}`;
  return `${text}.${signer.sign(Buffer.from(text)).toString("base64url")}`;
}

export function newKeys(kind: KeyKind): KeyPair {
  return KeyPair.create(kind, randomBytes(32));
}

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

function merged(claims: Claims, changes: Claims): Claims {
  const nats = { ...(claims.nats as Claims), ...(changes.nats as Claims) };
  return { ...claims, ...changes, nats };
}
