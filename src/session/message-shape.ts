// What a tenant's message may look like, where that is limited: its subject and its headers.

import type { Publish } from "../wire/command.ts";
import { maxPayload, publishDenied, type Violation } from "../wire/violation.ts";
import type { GuardLimits } from "./guard-limits.ts";

const cr = 0x0d;
const lf = 0x0a;
const dot = 0x2e;
/** JetStream's subjects carry names of up to 255 bytes; they are as long as the control line allows. */
const jetStream = "$JS.";
/** A header line is at least a line's end, and so are the version's and the last. */
const headerLineBytesMin = 2;
/** Lines of headers that are no header: the version, and the empty one at the end. */
const otherLines = 2;

export class MessageShape {
  /** Headers of so many bytes are within the limits, whatever they say. */
  readonly harmlessHeaderBytes: number;
  readonly #limits: GuardLimits;

  constructor(limits: GuardLimits) {
    const { headerBytes, headerLines } = limits;
    const bounds = [headerBytes, headerLines * headerLineBytesMin].filter((bound) => bound > 0);
    this.harmlessHeaderBytes = Math.min(Number.MAX_SAFE_INTEGER, ...bounds);
    this.#limits = limits;
  }

  allowsSubject(subject: string): boolean {
    const { subjectBytes, subjectTokens, subjectTokenBytes } = this.#limits;
    if (subject.startsWith(jetStream)) return true;
    if (subjectBytes > 0 && subject.length > subjectBytes) return false;
    if (subjectTokens === 0 && subjectTokenBytes === 0) return true;
    let tokens = 1;
    let longest = 0;
    let start = 0;
    for (let at = 0; at < subject.length; at++) {
      if (subject.charCodeAt(at) !== dot) continue;
      tokens++;
      longest = Math.max(longest, at - start);
      start = at + 1;
    }
    longest = Math.max(longest, subject.length - start);
    if (subjectTokens > 0 && tokens > subjectTokens) return false;
    return subjectTokenBytes === 0 || longest <= subjectTokenBytes;
  }

  /** Why a message may not be published. Clients survive a subject that is refused as by a permission. */
  refusal(publish: Publish): Violation | undefined {
    if (!this.allowsSubject(publish.subject)) return publishDenied(publish.subject);
    if (publish.headerBytes <= this.harmlessHeaderBytes) return undefined;
    const { headerBytes, headerLines } = this.#limits;
    if (headerBytes > 0 && publish.headerBytes > headerBytes)
      return tooMuch("header bytes", publish.headerBytes, headerBytes);
    if (headerLines === 0) return undefined;
    const lines = linesIn(publish.body.subarray(0, publish.headerBytes)) - otherLines;
    return lines > headerLines ? tooMuch("header lines", lines, headerLines) : undefined;
  }
}

function tooMuch(what: string, found: number, max: number): Violation {
  return { ...maxPayload(found, max), detail: `maximum ${what} exceeded: ${found} vs ${max}` };
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(cr); at >= 0; at = bytes.indexOf(cr, at + 1)) if (bytes[at + 1] === lf) lines++;
  return lines;
}
