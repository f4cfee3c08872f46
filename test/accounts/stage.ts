// A stage in operator mode: accounts come and change by claims that are pushed to a live server, peers speak, and what
// they hear is written down.
import { RawPeer } from "../support/raw-peer.ts";
import { Account, type Claims, newKeys, now, type Realm, signedClaims } from "../support/realm.ts";
import { frames, lastReply, type Transcript } from "./playing.ts";

/** A scene whose accounts are made for it alone. */
export interface ClaimScene {
  /** A sentence a user would understand. */
  readonly name: string;
  act(stage: Stage): Promise<void>;
  /** What is heard from our broker, where it answers otherwise on purpose. */
  readonly oursHear?: Transcript;
}

export class Stage {
  readonly #realm: Realm;
  readonly #port: number;
  readonly #peers = new Map<string, RawPeer>();
  readonly #accounts: Account[] = [];
  readonly #pushes: string[] = [];
  #requests = 0;

  constructor(realm: Realm, port: number) {
    this.#realm = realm;
    this.#port = port;
  }

  account(name: string): Account {
    const account = new Account(name);
    this.#accounts.push(account);
    return account;
  }

  /** Pushes claims of an account, and waits until they are in force; the answer is part of what is heard. */
  async push(account: Account, nats: Claims = {}, signer?: Realm): Promise<void> {
    const system = await this.#peer("system", () => {
      const pusher = this.#realm.system.user("pusher");
      return (nonce) => pusher.proof(nonce);
    });
    const reply = `_INBOX.push.${++this.#requests}`;
    const jwt = (signer ?? this.#realm).accountJwt(account, { nats });
    system.send(
      `SUB ${reply} ${this.#requests}\r\nPUB $SYS.REQ.CLAIMS.UPDATE ${reply} ${jwt.length}\r\n${jwt}\r\n`,
    );
    await system.until(() => system.words().includes(reply), "an answer to claims");
    await system.until(() => /\}\r\n$/.test(system.words()), "the whole of it");
    await this.settle();
    const answer = system.words().split(reply).at(-1)!;
    const code = /"code":(\d+)/.exec(answer)?.[1];
    this.#pushes.push(`${account.name}: ${code}`);
  }

  /** What a peer of an account says; the first time it enters as a user with these claims. */
  async say(name: string, account: Account, says: string, user: Claims = {}): Promise<void> {
    const peer = await this.#peer(name, () => {
      const member = account.user(name, user);
      return (nonce) => member.proof(nonce);
    });
    peer.send(says.replace(/<reply of (\w+)>/g, (_all, other: string) => lastReply(this.#peers.get(other)!)));
    await this.settle();
  }

  async hears(name: string, text: string): Promise<void> {
    const peer = this.#peers.get(name)!;
    await peer.until(() => peer.heard.includes(text), text);
  }

  /** Until all that was said has had its effect. */
  async settle(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      for (const peer of this.#peers.values()) if (!peer.closed) await peer.sync();
    }
  }

  /** What was heard by all but the system's user, with names for keys, in no particular order. */
  transcript(): Transcript {
    const named = (line: string): string =>
      this.#accounts
        .reduce((text, { id, name }) => text.replaceAll(id, name), line)
        .replace(/[AU][A-Z2-7]{55}/g, "KEY");
    const heard = [...this.#peers].filter(([name]) => name !== "system");
    return {
      pushes: this.#pushes,
      ...Object.fromEntries(heard.map(([name, peer]) => [name, frames(peer.words()).map(named).sort()])),
    };
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
  }

  async #peer(name: string, proofOf: () => (nonce: unknown) => Claims): Promise<RawPeer> {
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    const peer = await RawPeer.dial(this.#port);
    this.#peers.set(name, peer);
    const { nonce } = await peer.greeting();
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true };
    peer.send(`CONNECT ${JSON.stringify({ ...options, ...proofOf()(nonce) })}\r\n`);
    return peer;
  }
}

/** An activation token by which `exporter` lets `importer` in; `changes` replace claims. */
export function activation(
  exporter: Account,
  importer: Account,
  kind: "stream" | "service",
  subject: string,
  changes: Claims = {},
  signer = exporter.keys,
): string {
  const { nats: natsChanges, ...rest } = changes as { nats?: Claims };
  const nats = { subject, kind, type: "activation", version: 2, ...natsChanges };
  const claims = { iat: now(), iss: signer.publicKey, sub: importer.id, name: "let in", ...rest, nats };
  return signedClaims(claims, signer);
}

export { newKeys, now };
