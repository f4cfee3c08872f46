// The client protocol once more, as plainly as it can be said: the whole input lies in hand and every command is cut out
// of a string by regular expressions. Slow and obvious; the parser is compared with it.

import { isServerInfo } from "../connect.ts";

export interface OracleLimits {
  readonly maxControlLine: number;
  readonly maxPayload: number;
  readonly headersAllowed: boolean;
}

/** The calls that the bytes make, in the words of the recorder. */
export function callsFor(input: Buffer, limits: OracleLimits): string[] {
  const calls: string[] = [];
  let rest = input.toString("latin1");
  while (rest !== "") {
    const taken = oneCommand(rest, limits, calls);
    if (taken === 0) return calls;
    rest = rest.slice(taken);
  }
  return calls;
}

const verbs = ["PUB", "HPUB", "SUB", "UNSUB", "PING", "PONG", "CONNECT", "INFO", "+OK", "-ERR"];
const unknown = "violation Unknown Protocol Operation";

/** Answers how many characters it took; 0 when parsing is over or the command is not complete. */
function oneCommand(rest: string, limits: OracleLimits, calls: string[]): number {
  const upper = rest.toUpperCase();
  const verb = verbs.find((candidate) => upper.startsWith(candidate));
  if (verb === undefined) {
    // "ß" and its like are no letters of verbs, but the upper case of one may be.
    const begun = verbs.some((candidate) => candidate.startsWith(upper) && rest.length < candidate.length);
    if (!begun) calls.push(unknown);
    return 0;
  }
  const after = rest.slice(verb.length);
  if (verb === "PING" || verb === "PONG" || verb === "+OK") {
    const end = after.indexOf("\n");
    if (end < 0) return 0;
    if (verb !== "+OK") calls.push(verb.toLowerCase());
    return verb.length + end + 1;
  }
  if (verb !== "CONNECT" && verb !== "INFO" && after !== "" && !/^[ \t]/.test(after)) {
    calls.push(unknown);
    return 0;
  }
  const blanks = /^[ \t]*/.exec(after)![0].length;
  const line = /^[\s\S]([^\n]*)\n/.exec(after.slice(blanks));
  if (line === null) {
    const begun = after.slice(blanks);
    const least = /\r/.test(begun.slice(1)) ? begun.length - 1 : begun.length;
    if (least > limits.maxControlLine) calls.push("violation maximum control line exceeded");
    return 0;
  }
  const full = line[0].slice(0, -1);
  const text = /\r/.test(full.slice(1)) ? full.slice(0, -1) : full;
  if (text.length > limits.maxControlLine) {
    calls.push("violation maximum control line exceeded");
    return 0;
  }
  const taken = verb.length + blanks + line[0].length;
  if (verb === "PUB" || verb === "HPUB") return message(verb, text, rest, taken, limits, calls);
  calls.push(small(verb, text));
  return calls.at(-1)!.startsWith("violation") ? 0 : taken;
}

function small(verb: string, text: string): string {
  const args = text.split(/[ \t\r\n]+/).filter((arg) => arg !== "");
  if (verb === "CONNECT") return `connect ${text}`;
  if (verb === "-ERR") return `error ${text}`;
  if (verb === "INFO") return isServerInfo(Buffer.from(text, "latin1")) ? "" : "violation silent";
  if (verb === "SUB") {
    if (args.length === 2) return `sub ${args[0]}||${args[1]}`;
    return args.length === 3 ? `sub ${args[0]}|${args[1]}|${args[2]}` : "violation silent";
  }
  if (args.length !== 1 && args.length !== 2) return "violation silent";
  return `unsub ${args[0]}|${/^[0-9]{1,9}$/.test(args[1] ?? "") ? Number(args[1]) : 0}`;
}

function message(
  verb: string,
  text: string,
  rest: string,
  at: number,
  limits: OracleLimits,
  calls: string[],
): number {
  const refused = (call: string): number => {
    calls.push(call);
    return 0;
  };
  if (verb === "HPUB" && !limits.headersAllowed) return refused("violation silent");
  const args = text.split(/[ \t]+/).filter((arg) => arg !== "");
  const numbers = verb === "HPUB" ? 2 : 1;
  const sizes = args.slice(-numbers);
  if (args.length !== numbers + 1 && args.length !== numbers + 2) return refused("violation silent");
  if (!sizes.every((size) => /^[0-9]{1,9}$/.test(size))) return refused("violation silent");
  const size = Number(sizes.at(-1));
  const headers = verb === "HPUB" ? Number(sizes[0]) : 0;
  if (headers > size) return refused("violation silent");
  if (limits.maxPayload !== -1 && size > limits.maxPayload)
    return refused("violation Maximum Payload Violation");

  const end = rest.slice(at + size, at + size + 2);
  if (rest.length < at + size || "\r\n".startsWith(end) === false) {
    return rest.length <= at + size ? 0 : refused(unknown);
  }
  if (end !== "\r\n") return 0;
  const reply = args.length === numbers + 2 ? args[1] : "";
  calls.push(`pub ${args[0]}|${reply}|${headers}|${rest.slice(at, at + size)}`);
  return at + size + 2;
}
