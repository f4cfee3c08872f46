// What a table of wire behaviour is made of, and how a row is played against a server. The words that a row expects are
// what the real nats-server says: the same rows are played against it wherever one is found.
import assert from "node:assert/strict";
import { setImmediate as breath } from "node:timers/promises";
import { RawPeer } from "../support/raw-peer.ts";

export interface Row {
  /** A sentence a user would understand. */
  readonly name: string;
  /** Which of the table's servers it talks to. */
  readonly on: string;
  /** What peers send, in order; all that one peer says in one turn is one write. A lone text is said by peer "a". */
  readonly says: string | readonly Turn[];
  /** All that each peer hears but INFO lines and the answers to the table's own PINGs. */
  readonly hears: string | Readonly<Record<string, string>>;
  /** The peers whose connection the server ends; true means "a". */
  readonly closes?: true | readonly string[];
  /** Whether the lines heard may come in another order. */
  readonly inAnyOrder?: true;
  /** What peer "a" of our broker hears where that differs on purpose. */
  readonly oursHears?: string;
  /** Why our broker does not pass it yet: shown as a test to do, never as a pass. */
  readonly oursFails?: string;
}

export type Turn = readonly [peer: string, bytes: string];

/** CONNECT with verbose and pedantic off, and these options. */
export function hello(options: Readonly<Record<string, unknown>> = {}): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...options })}\r\n`;
}

/** Writes of so many bytes each; by itself a turn is one write. */
export interface Cut {
  readonly bytes: number;
}

/** Plays the row on a server's port, then looks at what every peer heard and who is still connected. */
export async function play(row: Row, port: number, cut?: Cut): Promise<void> {
  const turns: readonly Turn[] = typeof row.says === "string" ? [["a", row.says]] : row.says;
  const expected: Readonly<Record<string, string>> =
    typeof row.hears === "string" ? { a: row.hears } : row.hears;
  const asked = (name: string): number => (expected[name] ?? "").split("PONG\r\n").length - 1;
  const closing = new Set(row.closes === true ? ["a"] : (row.closes ?? []));
  const lastTurn = new Map(turns.map(([name], index) => [name, index]));
  const peers = new Map<string, RawPeer>();

  try {
    for (const [index, [name, bytes]] of turns.entries()) {
      const peer = peers.get(name) ?? (await RawPeer.dial(port));
      peers.set(name, peer);
      await peer.until(() => peer.heard.includes("\r\n"), "a greeting");
      await say(peer, bytes, cut);
      const isLast = lastTurn.get(name) === index;
      if (!closing.has(name)) await peer.sync(isLast ? asked(name) : 0);
      else if (isLast) await peer.ended();
    }
    for (const [name, peer] of peers) if (!closing.has(name)) await peer.sync(asked(name));

    const order = (words: string): string =>
      row.inAnyOrder ? words.split("\r\n").sort().join("\r\n") : words;
    const heard = Object.fromEntries([...peers].map(([name, peer]) => [name, order(peer.words())]));
    const due = Object.fromEntries([...peers.keys()].map((name) => [name, order(expected[name] ?? "")]));
    assert.deepEqual(heard, due);
  } finally {
    for (const peer of peers.values()) peer.close();
  }
}

async function say(peer: RawPeer, bytes: string, cut: Cut | undefined): Promise<void> {
  const size = cut?.bytes ?? bytes.length;
  for (let from = 0; from < bytes.length && !peer.closed; from += size) {
    await peer.sent(bytes.slice(from, from + size));
    if (cut !== undefined) await breath();
  }
}
