// A scene between accounts, played on a live server: peers speak in turn, and what each one hears is written down in a
// form that is equal from server to server: names of replies, times, numbers of connections and round trips do not show.
import { RawPeer } from "../support/raw-peer.ts";

export interface Scene {
  /** A sentence a user would understand. */
  readonly name: string;
  /** Which of the table's servers it is played on. */
  readonly on: string;
  readonly steps: readonly Step[];
  /** Lines may be heard in another order: the server tells its own news when it comes to it. */
  readonly inAnyOrder?: true;
  /** What is heard from our broker, where it answers otherwise on purpose. */
  readonly oursHear?: Transcript;
}

/** What a peer says, `<reply of x>` standing for the last reply subject that x was given; or what it waits to hear. */
export type Step = readonly [peer: string, says: string] | { readonly peer: string; readonly hears: string };

export type Transcript = Readonly<Record<string, readonly string[]>>;

/** Subscribes to the replies that scenes ask for. */
export const inbox = "SUB _INBOX.* 9\r\n";

export function scene(name: string, on: string, steps: readonly Step[], more: Partial<Scene> = {}): Scene {
  return { name, on, steps, ...more };
}

export function hello(user: string, options: object = {}): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, user, pass: "x", headers: true, no_responders: true, ...options })}\r\n`;
}

export function pub(subject: string, payload = "", reply = ""): string {
  return `PUB ${subject} ${reply}${reply && " "}${payload.length}\r\n${payload}\r\n`;
}

export function hpub(subject: string, headers: readonly string[], payload = "", reply = ""): string {
  const block = `NATS/1.0\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`;
  const size = `${block.length} ${block.length + payload.length}`;
  return `HPUB ${subject} ${reply}${reply && " "}${size}\r\n${block}${payload}\r\n`;
}

export async function play(scene: Scene, port: number): Promise<Transcript> {
  const peers = new Map<string, RawPeer>();
  try {
    for (const step of scene.steps) {
      if ("hears" in step) {
        const peer = peers.get(step.peer)!;
        await peer.until(() => peer.heard.includes(step.hears), step.hears);
        continue;
      }
      const [name, says] = step;
      const peer = peers.get(name) ?? (await RawPeer.dial(port));
      peers.set(name, peer);
      peer.send(says.replace(/<reply of (\w+)>/g, (_all, other: string) => lastReply(peers.get(other)!)));
      await peer.sync();
      for (const other of peers.values()) await other.sync();
    }
    const heard = [...peers].map(([name, peer]): [string, string[]] => [name, frames(peer.words())]);
    if (scene.inAnyOrder) for (const [, lines] of heard) lines.sort();
    return Object.fromEntries(heard);
  } finally {
    for (const peer of peers.values()) peer.close();
  }
}

export function lastReply(peer: RawPeer): string {
  const lines = [...peer.words().matchAll(/^(?:MSG \S+ \S+ (\S+) \d+|HMSG \S+ \S+ (\S+) \d+ \d+)\r$/gm)];
  const last = lines.at(-1);
  return last?.[1] ?? last?.[2] ?? "no-reply-heard";
}

/** Frames as lines. Sizes are left out: they count digits of times. */
export function frames(words: string): string[] {
  const lines: string[] = [];
  let rest = words;
  while (rest !== "") {
    const end = rest.indexOf("\r\n");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    const [verb, subject, sid, ...more] = line.split(" ").filter((part) => part !== "");
    // Round trips are measured when the server comes to it.
    if (verb === "PING") continue;
    if (verb !== "MSG" && verb !== "HMSG") {
      lines.push(stable(line));
      continue;
    }
    const size = Number(more.pop());
    const headerSize = verb === "HMSG" ? Number(more.pop()) : 0;
    const body = rest.slice(0, size);
    rest = rest.slice(size + 2);
    const headers = headerLines(body.slice(0, headerSize));
    const reply = more.length > 0 ? ` (${more[0]})` : "";
    lines.push(stable(`${verb} ${subject} ${sid}${reply}${headers} | `) + payloadOf(body.slice(headerSize)));
  }
  return lines;
}

function headerLines(block: string): string {
  if (block === "") return "";
  const lines = block.slice(0, -4).split("\r\n");
  const shown = lines.map((line) => {
    const info = /^Nats-Request-Info: (.*)$/.exec(line);
    return info === null ? line : `Nats-Request-Info: ${payloadOf(info[1]!)}`;
  });
  return ` [${shown.join(" / ")}]`;
}

function payloadOf(text: string): string {
  if (!text.startsWith("{")) return stable(text);
  return stable(JSON.stringify(JSON.parse(text), (key, value: unknown) => stableValue(key, value)));
}

/** What differs from run to run, or from server to server; presence is kept where it is certain. */
const volatileFields = new Set([
  "ts",
  "timestamp",
  "start",
  "service",
  "total",
  "cid",
  "host",
  "client_type",
  "ver",
  "jwt",
]);
const dropped = new Set(["rtt", "system"]);

function stableValue(key: string, value: unknown): unknown {
  if (dropped.has(key)) return undefined;
  if (key === "total" && value === 0) return 0;
  if (volatileFields.has(key)) return "*";
  if (key === "server" || (key === "id" && value !== undefined)) return "*";
  return value;
}

function stable(text: string): string {
  return text.replace(/_R_\.\w+\.\w+(\.\w+\.T)?/g, "_R_").replace(/ any\d /, " any ");
}
