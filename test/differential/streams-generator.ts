// Byte streams as clients send them, and as broken ones do: valid, cut short, corrupted.
import { seededRandom } from "../world/random.ts";

const subjects = [
  "a",
  "b",
  "a.b",
  "a.b.c",
  "x",
  "_INBOX.r.1",
  "a.*",
  "a.>",
  "a..b",
  ".a",
  "a.",
  "$SYS.x",
  "_R_.x",
  "*",
  ">",
];
const patterns = ["a", "a.*", "a.>", "*", "*.b", ">", "_INBOX.>", "b", "a..b", "a.>.b", "x*", "a.b.c"];
const sizes = ["0", "1", "5", "05", "-1", "1048577", "999999999999", "x", "", "5 5", "2147483648"];
const connects = [
  '{"verbose":false,"pedantic":false,"headers":true}',
  '{"verbose":true,"pedantic":true,"headers":true,"no_responders":true,"protocol":1}',
  '{"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1}',
  '{"verbose":false,"pedantic":false,"echo":false}',
  '{"verbose":"no"}',
  "{}",
  '{"protocol":7}',
  '{"no_responders":true}',
  "{broken",
  '{"verbose":false,"unknown":{"deep":[1,2,{"x":null}]}}',
];
const odd = [
  "+OK\r\n",
  "-ERR 'x'\r\n",
  "INFO {}\r\n",
  "MSG a 1 1\r\nx\r\n",
  "RS+ a\r\n",
  "A+ x\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "\r\n",
  "\n",
  " PING\r\n",
  "PING",
  "PIN G\r\n",
  "QUIT\r\n",
];

export interface Stream {
  /** What is sent, in the pieces it is sent in. */
  readonly pieces: readonly Buffer[];
}

export function stream(seed: number): Stream {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const blank = (): string => (random.below(8) === 0 ? pick(["  ", "\t", " \t "]) : " ");
  const verb = (text: string): string => (random.below(8) === 0 ? text.toLowerCase() : text);
  const end = (): string => (random.below(20) === 0 ? "\n" : "\r\n");

  const publish = (): string => {
    const payload = "p".repeat(random.below(20));
    const reply = random.below(3) === 0 ? `${blank()}${pick(subjects)}` : "";
    if (random.below(3) === 0) {
      const headers = pick([
        "NATS/1.0\r\n\r\n",
        "NATS/1.0\r\nA: b\r\n\r\n",
        "NATS/1.0 503\r\n\r\n",
        "no headers",
      ]);
      const length = random.below(10) === 0 ? pick(sizes) : String(headers.length);
      const total = random.below(10) === 0 ? pick(sizes) : String(headers.length + payload.length);
      return `${verb("HPUB")}${blank()}${pick(subjects)}${reply}${blank()}${length}${blank()}${total}${end()}${headers}${payload}\r\n`;
    }
    const size = random.below(12) === 0 ? pick(sizes) : String(payload.length);
    return `${verb("PUB")}${blank()}${pick(subjects)}${reply}${blank()}${size}${end()}${payload}\r\n`;
  };
  let queues = 0;
  const subscribe = (): string => {
    // Every group has one member, since which of several is picked is chance.
    const queue = random.below(4) === 0 ? `${blank()}q${queues++}` : "";
    return `${verb("SUB")}${blank()}${pick(patterns)}${queue}${blank()}${1 + random.below(9)}${end()}`;
  };
  const unsubscribe = (): string =>
    `${verb("UNSUB")}${blank()}${1 + random.below(9)}${pick(["", "", " 1", " 2", " x", " 1 2"])}${end()}`;

  const commands = [`CONNECT ${random.below(4) === 0 ? pick(connects) : connects[random.below(4)]!}\r\n`];
  const count = 1 + random.below(14);
  for (let i = 0; i < count; i++) {
    const kind = random.below(40);
    if (kind < 10) commands.push(subscribe());
    else if (kind < 13) commands.push(unsubscribe());
    else if (kind < 16) commands.push(`${verb("PING")}${end()}`);
    else if (kind === 16) commands.push(pick(odd));
    else if (kind === 17) commands.push(`CONNECT ${pick(connects)}\r\n`);
    else if (kind === 18) commands.push(`SUB ${"t.".repeat(random.below(3000))}t 1\r\n`);
    else commands.push(publish());
  }
  let bytes = Buffer.from(commands.join(""), "latin1");
  if (random.below(5) === 0) bytes = bytes.subarray(0, random.below(bytes.length));
  if (random.below(5) === 0) {
    bytes = Buffer.from(bytes);
    for (let i = random.below(3); i >= 0; i--) bytes[random.below(bytes.length || 1)] = random.below(256);
  }
  return { pieces: cut(bytes, random.below) };
}

/** A stream in one piece, with a carriage return put in somewhere. */
export function withLoneReturn(seed: number): Buffer {
  const bytes = Buffer.concat(stream(seed).pieces);
  const at = seededRandom(seed).below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from("\r"), bytes.subarray(at)]);
}

function cut(bytes: Buffer, below: (bound: number) => number): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  const cuts = below(3);
  for (let i = 0; i < cuts && at < bytes.length; i++) {
    const next = at + 1 + below(bytes.length - at);
    pieces.push(bytes.subarray(at, next));
    at = next;
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at));
  return pieces;
}
