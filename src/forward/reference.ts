// The plain form of forwarding: repeats routing decisions already taken, and declines whatever it does not recognise.
// It is the reference that every faster form must equal byte for byte. It never refuses anything.

import { latin1Bytes } from "../base/latin1.ts";
import type { Epochs, Lane } from "./lane.ts";
import type { Delivery, Route } from "./route.ts";
import { hashOf, RouteTable } from "./table.ts";

/** Subjects longer than this are left to the stair. */
const subjectBytesMax = 256;
/** Control lines longer than this are left to the stair, which knows their limit. */
const lineBytesMax = 1_024;
/** Digits a size may have here: 9,999,999 is beyond any sensible payload. */
const sizeDigitsMax = 7;
const epochCount = 256;
/** One byte for each class of subject hashes: seen before? A subject seen once is not worth a route. */
const seenBytes = 131_072;

const P = 0x50;
const H = 0x48;
const U = 0x55;
const B = 0x42;
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const STAR = 0x2a;
const GREATER = 0x3e;
const UNDERSCORE = 0x5f;
const DOLLAR = 0x24;
const DASH = 0x2d;

export class Forwarder {
  readonly #routes = new RouteTable();
  readonly #seen = new Uint8Array(seenBytes);
  #sights = 0;
  /** Routes with counts that no subscription has been told of. */
  readonly #unsettled: Route[] = [];
  readonly #below: (bound: number) => number;
  /** What the last scan found; fields rather than an object, since one is needed for every message. */
  #end = 0;
  #headerEnd = 0;

  /** `below` picks queue group members: a whole number in [0, bound). */
  constructor(below: (bound: number) => number) {
    this.#below = below;
  }

  static epochs(): Epochs {
    return new Uint32Array(epochCount);
  }

  /**
   * Forwards as many complete, recognised messages as lie at `position`; answers where it stopped.
   * The same position means that the command there is the stair's.
   */
  forward(lane: Lane, chunk: Buffer, position: number): number {
    if (lane.slow) return position;
    while (this.#forwardOne(lane, chunk, position)) position = this.#end;
    return position;
  }

  /** Interest in a literal subject changed. */
  forget(account: number, subject: string): void {
    const bytes = latin1Bytes(subject);
    const route = this.#routes.find(account, hashOf(bytes, 0, bytes.length), bytes, 0, bytes.length);
    if (route !== undefined) this.#routes.remove(route);
  }

  /** Interest in a pattern changed: everything it can match is decided anew. */
  forgetPattern(epochs: Epochs, pattern: string): void {
    const bytes = latin1Bytes(pattern);
    const place = epochPlaceOf(bytes);
    if (place < 0) this.forgetAll(epochs);
    else epochs[place]!++;
  }

  /** Permissions, mappings, imports or connections of an account changed. */
  forgetAll(epochs: Epochs): void {
    for (let i = 0; i < epochCount; i++) epochs[i]!++;
  }

  /** Brings every subscription's counts up to date. */
  settle(): void {
    const unsettled = this.#unsettled;
    for (let i = 0; i < unsettled.length; i++) unsettled[i]!.settle();
    unsettled.length = 0;
  }

  #forwardOne(lane: Lane, chunk: Buffer, position: number): boolean {
    const length = chunk.length;
    let at = position;
    let withHeaders = false;
    if (chunk[at] === H) {
      if (!lane.headers) return false;
      withHeaders = true;
      at++;
    }
    if (chunk[at] !== P || chunk[at + 1] !== U || chunk[at + 2] !== B || chunk[at + 3] !== SPACE)
      return false;

    const subjectStart = at + 4;
    const subjectLimit = Math.min(length, subjectStart + subjectBytesMax);
    let hash = 0x811c9dc5;
    for (at = subjectStart; at < subjectLimit; at++) {
      const byte = chunk[at]!;
      if (byte <= SPACE) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    hash |= 0;
    if (chunk[at] !== SPACE || at === subjectStart) return false;
    const tailStart = at + 1;

    const sizes = this.#scanSizes(chunk, tailStart, withHeaders);
    if (sizes < 0) return false;
    const size = sizes >>> 1;
    const bodyEnd = this.#end + size;
    if (size > lane.maxPayload || bodyEnd + 2 > length) return false;
    if (chunk[bodyEnd] !== CR || chunk[bodyEnd + 1] !== LF) return false;
    const withReply = (sizes & 1) === 1;

    const route = this.#routeOf(lane, hash, chunk, subjectStart, at);
    if (route === undefined || route.slow) return false;
    if (withReply && (route.slowWithReply || lane.noEcho)) return false;
    if (withHeaders) {
      if (route.slowWithHeaders || this.#headerEnd - this.#end > lane.headerBytesMax) return false;
      if (mentionsTracing(chunk, this.#end, this.#headerEnd)) return false;
    }

    lane.messages++;
    lane.bytes += size;
    this.#deliver(lane, route, chunk, tailStart, bodyEnd + 2, size, withHeaders);
    this.#end = bodyEnd + 2;
    return true;
  }

  /**
   * Reads "[reply ]size\r\n" or "[reply ]headers size\r\n" and leaves the payload's start in #end.
   * Answers size × 2, plus 1 with a reply; -1 to decline.
   */
  #scanSizes(chunk: Buffer, start: number, withHeaders: boolean): number {
    const limit = Math.min(chunk.length, start + lineBytesMax);
    let lineEnd = start;
    let blanks = 0;
    while (lineEnd < limit && chunk[lineEnd] !== CR) {
      if (chunk[lineEnd]! <= SPACE) {
        if (chunk[lineEnd] !== SPACE || chunk[lineEnd - 1] === SPACE) return -1;
        blanks++;
      }
      lineEnd++;
    }
    if (lineEnd + 1 >= limit || chunk[lineEnd + 1] !== LF) return -1;
    const replyBlanks = withHeaders ? 2 : 1;
    let withReply = 0;
    let at = start;
    if (blanks === replyBlanks) {
      // Reserved reply subjects are refused by the stair.
      if (chunk[at] === DOLLAR || (chunk[at] === UNDERSCORE && chunk[at + 1] !== 0x49)) return -1;
      withReply = 1;
      while (chunk[at] !== SPACE) at++;
      at++;
    } else if (blanks !== replyBlanks - 1) {
      return -1;
    }
    let headerBytes = 0;
    if (withHeaders) {
      headerBytes = decimal(chunk, at, SPACE);
      // Headers of no length are no headers: the stair sends such a message as MSG.
      if (headerBytes < 1) return -1;
      while (chunk[at] !== SPACE) at++;
      at++;
    }
    const size = decimal(chunk, at, CR);
    if (size < headerBytes) return -1;
    this.#end = lineEnd + 2;
    if (withHeaders) this.#headerEnd = lineEnd + 2 + headerBytes;
    return size * 2 + withReply;
  }

  #routeOf(lane: Lane, hash: number, chunk: Buffer, start: number, end: number): Route | undefined {
    let route = this.#routes.find(lane.account, hash, chunk, start, end);
    if (route !== undefined && lane.epochs[route.epochPlace] !== route.epochSeen) {
      this.#routes.remove(route);
      route = undefined;
    } else if (route === undefined && this.#firstSight(lane.account, hash)) {
      return undefined;
    }
    if (route === undefined) {
      route = lane.resolver.resolve(chunk.latin1Slice(start, end));
      if (route === undefined) return undefined;
      route.hash = hash;
      route.epochPlace = Math.max(epochPlaceOf(route.subject), 0);
      route.epochSeen = lane.epochs[route.epochPlace]!;
      if (lane.permissionClass !== 0) route.admit(lane.permissionClass);
      this.#routes.add(route);
    } else if (lane.permissionClass !== 0 && !route.admits(lane.permissionClass)) {
      if (!lane.resolver.mayPublish(chunk.latin1Slice(start, end))) return undefined;
      route.admit(lane.permissionClass);
    }
    route.used = true;
    return route;
  }

  #firstSight(account: number, hash: number): boolean {
    const place = (hash ^ (hash >>> 15) ^ account) & (seenBytes - 1);
    if (this.#seen[place] === 1) return false;
    if (++this.#sights > seenBytes / 4) {
      // Filled too far, the table would call everything seen.
      this.#seen.fill(0);
      this.#sights = 0;
    }
    this.#seen[place] = 1;
    return true;
  }

  #owe(route: Route): void {
    if (this.#unsettled.length >= RouteTable.entriesMax) this.settle();
    this.#unsettled.push(route);
  }

  #deliver(
    lane: Lane,
    route: Route,
    chunk: Buffer,
    start: number,
    end: number,
    size: number,
    withHeaders: boolean,
  ): void {
    const plain = route.plain;
    const skip = lane.noEcho ? lane.outbox : undefined;
    if (skip === undefined) {
      if (route.countPlain(size)) this.#owe(route);
      for (let i = 0; i < plain.length; i++) {
        const delivery = plain[i]!;
        delivery.outbox.append(delivery.head, withHeaders ? 0 : 1, chunk, start, end);
      }
    } else {
      for (let i = 0; i < plain.length; i++) {
        const delivery = plain[i]!;
        if (delivery.outbox !== skip) handOver(delivery, chunk, start, end, size, withHeaders);
      }
    }
    const groups = route.groups;
    for (let i = 0; i < groups.length; i++) {
      const members = groups[i]!;
      const first = members.length === 1 ? 0 : this.#below(members.length);
      for (let tried = 0; tried < members.length; tried++) {
        const delivery = members[(first + tried) % members.length]!;
        if (delivery.outbox === skip) continue;
        handOver(delivery, chunk, start, end, size, withHeaders);
        break;
      }
    }
  }
}

/** Whether a line of the headers may ask for a trace: it begins with `Nats-Tr`, or with `tr` in any case. */
function mentionsTracing(chunk: Buffer, start: number, end: number): boolean {
  for (let at = chunk.indexOf(LF, start); at >= 0 && at < end; at = chunk.indexOf(LF, at + 1)) {
    const first = chunk[at + 1]! | 0x20;
    if (first === 0x74 && (chunk[at + 2]! | 0x20) === 0x72) return true;
    if (first === 0x6e && chunk[at + 5] === DASH && chunk[at + 6] === 0x54 && chunk[at + 7] === 0x72)
      return true;
  }
  return false;
}

function handOver(
  delivery: Delivery,
  chunk: Buffer,
  start: number,
  end: number,
  size: number,
  withHeaders: boolean,
): void {
  delivery.tally.count(1, size);
  delivery.outbox.append(delivery.head, withHeaders ? 0 : 1, chunk, start, end);
}

/**
 * The number that ends at `stop`; -1 unless it is 1 to 7 digits and nothing else. Zeros in front are the stair's, which
 * writes sizes anew.
 */
function decimal(chunk: Buffer, at: number, stop: number): number {
  let value = 0;
  const start = at;
  for (; chunk[at] !== stop; at++) {
    const digit = chunk[at]! - ZERO;
    if (digit < 0 || digit > 9 || at - start >= sizeDigitsMax) return -1;
    value = value * 10 + digit;
  }
  return at === start || (chunk[start] === ZERO && at - start > 1) ? -1 : value;
}

/**
 * Which of an account's epochs a subject or pattern belongs to: by its first token, under `_INBOX` by its second.
 * -1 for a pattern whose deciding token is a wildcard: it concerns all of them.
 */
function epochPlaceOf(subject: Uint8Array): number {
  const first = tokenEnd(subject, 0);
  let start = 0;
  let end = first;
  if (first === 6 && subject[0] === UNDERSCORE && subject[1] === 0x49 && subject[5] === 0x58) {
    start = first + 1;
    end = tokenEnd(subject, start);
  }
  if (isWildcard(subject, 0, first) || (start < end && isWildcard(subject, start, end))) return -1;
  return hashOf(subject, Math.min(start, end), end) & (epochCount - 1);
}

function tokenEnd(subject: Uint8Array, start: number): number {
  let at = start;
  while (at < subject.length && subject[at] !== 0x2e) at++;
  return at;
}

function isWildcard(subject: Uint8Array, start: number, end: number): boolean {
  return end - start === 1 && (subject[start] === STAR || subject[start] === GREATER);
}
