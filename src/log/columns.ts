// Numbers by place, in pages: growing moves nothing but the first page, while that is small, so no addition takes
// longer than another however many there are.

const pageBits = 12;
const pageLength = 2 ** pageBits;
const pageMask = pageLength - 1;
const firstLength = 64;

/** u32 each, 0 to begin with. */
export class Words {
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

  /** Makes room for place `at`, the next behind the room there is. */
  reach(at: number): void {
    const [first] = this.#pages;
    if (at >= pageLength) {
      if (at >>> pageBits === this.#pages.length) this.#pages.push(new Uint32Array(pageLength));
    } else if (at >= first!.length) {
      const wider = new Uint32Array(first!.length * 2);
      wider.set(first!);
      this.#pages[0] = wider;
    }
  }
}

/** Safe integers of any size, 0 to begin with. */
export class Sequences {
  readonly #pages: Float64Array[] = [new Float64Array(firstLength)];

  get(at: number): number {
    return this.#pages[at >>> pageBits]![at & pageMask]!;
  }

  set(at: number, value: number): void {
    this.#pages[at >>> pageBits]![at & pageMask] = value;
  }

  /** Makes room for place `at`, the next behind the room there is. */
  reach(at: number): void {
    const [first] = this.#pages;
    if (at >= pageLength) {
      if (at >>> pageBits === this.#pages.length) this.#pages.push(new Float64Array(pageLength));
    } else if (at >= first!.length) {
      const wider = new Float64Array(first!.length * 2);
      wider.set(first!);
      this.#pages[0] = wider;
    }
  }
}
