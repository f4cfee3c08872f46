// The verbs of the client protocol, compiled into a table that is walked byte by byte, so that a verb may arrive in pieces.

export const PUB = 1;
export const HPUB = 2;
export const SUB = 3;
export const UNSUB = 4;
export const PING = 5;
export const PONG = 6;
export const CONNECT = 7;
export const INFO = 8;
export const OK = 9;
export const ERR = 10;

const spellings: readonly (readonly [string, number])[] = [
  ["PUB", PUB],
  ["HPUB", HPUB],
  ["SUB", SUB],
  ["UNSUB", UNSUB],
  ["PING", PING],
  ["PONG", PONG],
  ["CONNECT", CONNECT],
  ["INFO", INFO],
  ["+OK", OK],
  ["-ERR", ERR],
];

/** No verb goes on like this. */
export const nowhere = 0;
export const root = 1;

const nodesMax = 48;

export interface VerbTable {
  /** The next node for a byte at `node * 256 + byte`; {@link nowhere} when no verb goes on so. */
  readonly next: Uint8Array;
  /** The verb that is complete at a node, else 0. */
  readonly verb: Uint8Array;
}

function compile(): VerbTable {
  const next = new Uint8Array(nodesMax * 256);
  const verb = new Uint8Array(nodesMax);
  let nodes = root + 1;
  for (const [spelling, code] of spellings) {
    let node = root;
    for (const letter of spelling) {
      const upper = letter.charCodeAt(0);
      const lower = letter.toLowerCase().charCodeAt(0);
      if (next[node * 256 + upper] === nowhere) {
        next[node * 256 + upper] = nodes;
        next[node * 256 + lower] = nodes;
        nodes++;
      }
      node = next[node * 256 + upper]!;
    }
    verb[node] = code;
  }
  return { next, verb };
}

/** Any case of letters; filled once and never written again. */
export const verbs: VerbTable = compile();
