// Numbers by place, in pages: growing moves nothing but the first page, while that is small, so no addition takes
// longer than another however many there are.

const pageBits = 12;
export const pageLength = 2 ** pageBits;
const pageMask = pageLength - 1;
/** Places there is room for in the beginning. */
export const firstLength = 64;
/** Stand for pages that were dropped: never written to. */
const noWords = new Uint32Array(pageLength);
const noSequences = new Float64Array(pageLength);

export interface Column {
  /** Of memory. */
  readonly bytes: number;
  /** Makes room for place `at`: the next behind the room there is, or the first of a page that was dropped. */
  reach(at: number): void;
  /** Gives a page's room back, but the first page's. What it held is 0. */
  drop(page: number): void;
  /** As in the beginning. */
  clear(): void;
}

/** u32 each, 0 to begin with. */
export class Words implements Column {
  readonly #pages: Uint32Array[] = [new Uint32Array(firstLength)];

  get(at: number): number {
    return this.#pages[at >>> pageBits]![at & pageMask]!;
  }

  set(at: number, value: number): void {
    this.#pages[at >>> pageBits]![at & pageMask] = value;
  }

  /** Adds to one; answers what it was before. */
  add(at: number, more: number): number {
    const page = this.#pages[at >>> pageBits]!;
    const before = page[at & pageMask]!;
    page[at & pageMask] = before + more;
    return before;
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + (page === noWords ? 0 : page.byteLength), 0);
  }

  reach(at: number): void {
    const [first] = this.#pages;
    if (at >= pageLength) {
      if ((at & pageMask) === 0) this.#pages[at >>> pageBits] = new Uint32Array(pageLength);
    } else if (at >= first!.length) {
      const wider = new Uint32Array(first!.length * 2);
      wider.set(first!);
      this.#pages[0] = wider;
    }
  }

  drop(page: number): void {
    this.#pages[page] = noWords;
  }

  /** Drops the last page if `end` is where it begins. */
  cut(end: number): void {
    if ((end & pageMask) === 0 && end >>> pageBits === this.#pages.length - 1) this.#pages.pop();
  }

  clear(): void {
    this.#pages.length = 0;
    this.#pages.push(new Uint32Array(firstLength));
  }
}

/** Safe integers of any size, 0 to begin with. */
export class Sequences implements Column {
  readonly #pages: Float64Array[] = [new Float64Array(firstLength)];

  get(at: number): number {
    return this.#pages[at >>> pageBits]![at & pageMask]!;
  }

  set(at: number, value: number): void {
    this.#pages[at >>> pageBits]![at & pageMask] = value;
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + (page === noSequences ? 0 : page.byteLength), 0);
  }

  reach(at: number): void {
    const [first] = this.#pages;
    if (at >= pageLength) {
      if ((at & pageMask) === 0) this.#pages[at >>> pageBits] = new Float64Array(pageLength);
    } else if (at >= first!.length) {
      const wider = new Float64Array(first!.length * 2);
      wider.set(first!);
      this.#pages[0] = wider;
    }
  }

  drop(page: number): void {
    this.#pages[page] = noSequences;
  }

  clear(): void {
    this.#pages.length = 0;
    this.#pages.push(new Float64Array(firstLength));
  }
}
