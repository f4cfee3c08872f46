// The routes in use: a bounded, set-associative table that forgets what is rarely asked for.

import type { Route } from "./route.ts";

/** Places a route may lie in; looked through one after another. */
const ways = 4;
const setsAtStart = 256;

export class RouteTable {
  static readonly entriesMax = 65_536;
  static readonly weightMax = 32 * 1024 * 1024;

  #slots: (Route | undefined)[] = new Array(setsAtStart * ways).fill(undefined);
  #mask = setsAtStart - 1;
  #size = 0;
  #weight = 0;
  #hand = 0;

  get size(): number {
    return this.#size;
  }

  /** The route for `subject[start, end)`, whose FNV-1a hash (see `hashOf`) the caller has computed on its way. */
  find(account: number, hash: number, bytes: Uint8Array, start: number, end: number): Route | undefined {
    const slots = this.#slots;
    const base = ((hash ^ Math.imul(account, 0x9e3779b1)) & this.#mask) * ways;
    for (let i = base; i < base + ways; i++) {
      const route = slots[i];
      if (route === undefined || route.hash !== hash || route.account !== account) continue;
      if (sameBytes(route.subject, bytes, start, end)) return route;
    }
    return undefined;
  }

  add(route: Route): void {
    if (this.#size >= this.#slots.length * 0.75 && this.#slots.length < RouteTable.entriesMax) this.#grow();
    this.#place(route);
    while (this.#weight > RouteTable.weightMax && this.#size > 1) this.#evictOne();
  }

  remove(route: Route): void {
    const base = this.#base(route);
    for (let i = base; i < base + ways; i++) {
      if (this.#slots[i] === route) return this.#drop(i);
    }
  }

  #base(route: Route): number {
    return ((route.hash ^ Math.imul(route.account, 0x9e3779b1)) & this.#mask) * ways;
  }

  #place(route: Route): void {
    const base = this.#base(route);
    let victim = base;
    for (let i = base; i < base + ways; i++) {
      const there = this.#slots[i];
      if (there === undefined) {
        victim = i;
        break;
      }
      if (!there.used) victim = i;
      there.used = false;
    }
    if (this.#slots[victim] !== undefined) this.#drop(victim);
    this.#slots[victim] = route;
    this.#size++;
    this.#weight += route.weight;
  }

  #drop(slot: number): void {
    const route = this.#slots[slot]!;
    route.settle();
    this.#slots[slot] = undefined;
    this.#size--;
    this.#weight -= route.weight;
  }

  #evictOne(): void {
    for (;;) {
      this.#hand = (this.#hand + 1) % this.#slots.length;
      const route = this.#slots[this.#hand];
      if (route === undefined) continue;
      if (!route.used) return this.#drop(this.#hand);
      route.used = false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2).fill(undefined);
    this.#mask = this.#slots.length / ways - 1;
    this.#size = 0;
    this.#weight = 0;
    for (const route of old) if (route !== undefined) this.#place(route);
  }
}

/** FNV-1a over bytes, 32 bits; forwarding computes the same while it scans. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash | 0;
}

function sameBytes(subject: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = subject.length;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (subject[i] !== bytes[start + i]) return false;
  return true;
}
