// Which numbers of a tree's nodes are given out: those that came back first, and of every page of the columns that no
// number is left in the room goes back to memory.

import { type Column, firstLength, pageLength, type Words } from "./columns.ts";

const pageBits = Math.log2(pageLength);
const none = -1;

export class Numbers {
  readonly #columns: readonly Column[];
  readonly #links: Words;
  /** The first that was never given out, of the page that grows, and the first there is no room for. */
  #next = 1;
  #room = firstLength;
  #growing = 0;
  /** By page: how many are in use, and the last that came back, 0 for none; of each the links tell the one before. */
  #used: number[] = [1];
  #free: number[] = [0];
  /** Pages that some came back to. */
  #roomy: number[] = [];
  /** Pages without room in memory. */
  #absent: number[] = [];
  /** A page that none is in use of, kept: one that comes and goes would take and give back a page each time. */
  #spare = none;

  /** For rows of these columns, of which `links` is free to be used for numbers that are not given out. */
  constructor(columns: readonly Column[], links: Words) {
    this.#columns = columns;
    this.#links = links;
  }

  /** All that are given out are below this. */
  get end(): number {
    return this.#growing === this.#used.length - 1 ? this.#next : this.#used.length * pageLength;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes, 0);
  }

  /** Never 0. What its row holds is left from before. */
  take(): number {
    const page = this.#roomy.at(-1);
    if (page === undefined) return this.#takeFresh();
    const number = this.#free[page]!;
    this.#free[page] = this.#links.get(number);
    if (this.#free[page] === 0) this.#roomy.pop();
    if (page === this.#spare) this.#spare = none;
    this.#used[page]!++;
    return number;
  }

  #takeFresh(): number {
    if (this.#next === this.#room) this.#grow();
    this.#used[this.#growing]!++;
    return this.#next++;
  }

  #grow(): void {
    if (this.#next % pageLength === 0) {
      const page = this.#absent.pop() ?? this.#used.length;
      this.#used[page] = 0;
      this.#free[page] = 0;
      this.#growing = page;
      this.#next = page * pageLength;
    }
    for (const column of this.#columns) column.reach(this.#next);
    this.#room = this.#next < pageLength ? this.#next * 2 : this.#next + pageLength;
  }

  give(number: number): void {
    const page = number >>> pageBits;
    const before = this.#free[page]!;
    this.#links.set(number, before);
    this.#free[page] = number;
    if (before === 0) this.#roomy.push(page);
    if (--this.#used[page]! > 0 || page === this.#growing) return;
    if (this.#spare === none) this.#spare = page;
    else this.#drop(page);
  }

  #drop(page: number): void {
    for (const column of this.#columns) column.drop(page);
    this.#roomy.splice(this.#roomy.indexOf(page), 1);
    this.#absent.push(page);
  }

  /** Once all came back: gives back the room of as many as there once were; answers false for a few, which keep it. */
  clear(): boolean {
    if (this.#room === firstLength) return false;
    for (const column of this.#columns) column.clear();
    this.#next = 1;
    this.#room = firstLength;
    this.#growing = 0;
    this.#used = [1];
    this.#free = [0];
    this.#roomy = [];
    this.#absent = [];
    this.#spare = none;
    return true;
  }
}
