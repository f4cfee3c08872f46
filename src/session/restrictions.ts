// From where and when a user may connect. [nats-server auth.go validateSrc, validateTimes]

import type { TimeRange } from "../identity/fields.ts";
import { addressBytes, liesIn, parseNetwork } from "../identity/network.ts";

/** What of a user's claims says when it may be here. */
export interface Stay {
  readonly exp: number;
  readonly nbf: number;
}

/** Until when somebody may stay, milliseconds since the epoch (Infinity: for ever); undefined: not at all now. */
export function lastsUntil(
  { exp, nbf }: Stay,
  rights: { readonly times?: readonly TimeRange[] | undefined; readonly times_location: string },
  nowMs: number,
): number | undefined {
  if ((exp > 0 && exp * 1_000 <= nowMs) || (nbf > 0 && nbf * 1_000 > nowMs)) return undefined;
  const windowMs = connectWindow(rights.times, rights.times_location, nowMs);
  if (windowMs === undefined) return undefined;
  return Math.min(exp > 0 ? exp * 1_000 : Number.POSITIVE_INFINITY, nowMs + windowMs);
}

const dayMs = 86_400_000;

/** Whether an address lies in one of some networks in CIDR form; absent or empty: any address will do. */
export function sourceAllowed(networks: readonly string[] | undefined, host: string): boolean {
  if (networks === undefined || networks.length === 0) return true;
  const address = addressBytes(host);
  if (address === undefined) return false;
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network === undefined) return false;
    if (liesIn(network, address)) return true;
  }
  return false;
}

/**
 * How long from now a user may stay, in milliseconds: until the end of the longest time range that now lies in.
 * Infinity without ranges; undefined outside them all, or where the location is unknown.
 */
export function connectWindow(
  ranges: readonly TimeRange[] | undefined,
  location: string,
  nowMs: number,
): number | undefined {
  if (ranges === undefined || ranges.length === 0) return Number.POSITIVE_INFINITY;
  const now = timeOfDay(nowMs, location);
  if (now === undefined) return undefined;
  let longest: number | undefined;
  for (const range of ranges) {
    const start = clockMs(range.start);
    const end = clockMs(range.end);
    if (start === undefined || end === undefined) return undefined;
    const left = leftOf(start, end, now);
    if (left !== undefined && (longest === undefined || left > longest)) longest = left;
  }
  return longest;
}

/** A range that ends before it starts runs over midnight. */
function leftOf(start: number, end: number, now: number): number | undefined {
  if (start <= end) return now >= start && now < end ? end - now : undefined;
  if (now >= start) return end + dayMs - now;
  return now < end ? end - now : undefined;
}

function clockMs(text: string): number | undefined {
  // A fraction of a second is taken, and dropped.
  const match = /^(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?$/.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map(Number) as [number, number, number];
  return hours < 24 && minutes < 60 && seconds < 60
    ? ((hours * 60 + minutes) * 60 + seconds) * 1_000
    : undefined;
}

/** Milliseconds since midnight where `location` is ("" is here). */
function timeOfDay(nowMs: number, location: string): number | undefined {
  const zone = location === "" ? {} : { timeZone: location };
  let parts: Intl.DateTimeFormatPart[];
  try {
    const format = new Intl.DateTimeFormat("en", {
      ...zone,
      hourCycle: "h23",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    parts = format.formatToParts(nowMs);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1_000 + (nowMs % 1_000);
}
