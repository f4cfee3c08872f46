// Holds those back who have not signed in: how many there may be, and how often a sign-in may fail.

import { addressBytes } from "../identity/network.ts";
import type { Clock } from "../ports/clock.ts";
import { Bucket } from "./bucket.ts";
import { type GuardLimits, unguarded } from "./guard-limits.ts";

/** Addresses whose failures are remembered; beyond, the one whose last failure is the longest ago is forgotten. */
const addressesMax = 10_000;
/** What failures are owed for at most, so that good credentials get in before the authentication timeout. */
const signInDelaySeconds = 1;
/** Bytes of an IPv6 address that name a network, within which its owner may take any address. */
const networkBytes = 8;

export class Doorway {
  readonly #clock: Clock;
  #limits: GuardLimits = unguarded;
  /** Connections that have not signed in, and from where. */
  readonly #strangers = new Map<object, string>();
  readonly #strangersFrom = new Map<string, number>();
  /** What failed from where, the longest ago first. */
  readonly #failures = new Map<string, Bucket>();
  #allFailures: Bucket;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#allFailures = this.#bucket(0);
  }

  /** These hold from now on. Failures are forgotten; who is there has been counted only if there was a limit before. */
  adopt(limits: GuardLimits): void {
    this.#limits = limits;
    this.#failures.clear();
    this.#allFailures = this.#bucket(limits.failedSignIns);
  }

  /** Somebody comes from an address ("" where that is not known yet). False when there is no room for more strangers. */
  arrives(session: object, host: string): boolean {
    const { unauthenticated, unauthenticatedPerAddress } = this.#limits;
    if (unauthenticated === 0 && unauthenticatedPerAddress === 0) return true;
    const network = networkOf(host);
    const there = this.#strangersFrom.get(network) ?? 0;
    if (unauthenticated > 0 && this.#strangers.size >= unauthenticated) return false;
    if (unauthenticatedPerAddress > 0 && network !== "" && there >= unauthenticatedPerAddress) return false;
    this.#strangers.set(session, network);
    this.#strangersFrom.set(network, there + 1);
    return true;
  }

  /** It has signed in, or it is gone. */
  passes(session: object): void {
    const network = this.#strangers.get(session);
    if (network === undefined) return;
    this.#strangers.delete(session);
    const left = this.#strangersFrom.get(network)! - 1;
    if (left > 0) this.#strangersFrom.set(network, left);
    else this.#strangersFrom.delete(network);
  }

  /** A sign-in from an address was refused. */
  failed(host: string): void {
    const { failedSignIns, failedSignInsPerAddress } = this.#limits;
    if (failedSignIns > 0) this.#allFailures.spend(1);
    if (failedSignInsPerAddress === 0) return;
    const network = networkOf(host);
    const failures = this.#failures.get(network) ?? this.#bucket(failedSignInsPerAddress);
    failures.spend(1);
    this.#failures.delete(network);
    this.#failures.set(network, failures);
    if (this.#failures.size > addressesMax) this.#failures.delete(this.#failures.keys().next().value!);
  }

  /** Milliseconds that a sign-in from an address waits before anybody looks at it; a second at most. */
  delayMs(host: string): number {
    const { failedSignIns, failedSignInsPerAddress } = this.#limits;
    if (failedSignIns === 0 && failedSignInsPerAddress === 0) return 0;
    const nowMs = this.#clock.monotonicMs();
    const network = networkOf(host);
    const failures = this.#failures.get(network);
    if (failures?.isFull(nowMs)) this.#failures.delete(network);
    return Math.max(this.#allFailures.owedMs(nowMs), failures?.owedMs(nowMs) ?? 0);
  }

  #bucket(perSecond: number): Bucket {
    return new Bucket(perSecond, this.#clock.monotonicMs(), perSecond * signInDelaySeconds);
  }
}

/** An IPv4 address itself; the front of an IPv6 address, since whoever has one has all that begin with it. */
function networkOf(host: string): string {
  return addressBytes(host)?.slice(0, networkBytes).join(".") ?? host;
}
