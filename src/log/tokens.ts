// The texts of subjects' tokens, one after the other in pages. What is forgotten leaves gaps: what is left of a page that
// is nearly empty is moved to the end, and when gaps are half of all, each new page is paid for by moving what is left of
// the emptiest one: never more than a page at a time.
//
//   at  0 u32 whose text it is   4 u32 length   8 text

const pageBits = 17;
const pageBytes = 2 ** pageBits;
const pageMask = pageBytes - 1;
const firstBytes = 1024;
const headBytes = 8;
/** A text up to this length is copied faster byte by byte: a longer one of 4 KB took 4 µs that way. */
const shortBytes = 64;
/** A page of which less than one in so many parts is left is nearly empty. */
const fewParts = 8;
/** Owner of a text that is forgotten. */
const nobody = 0;

interface Page {
  bytes: Uint8Array;
  end: number;
  /** Bytes of texts that somebody owns. */
  live: number;
}

const firstPage = (): Page => ({ bytes: new Uint8Array(firstBytes), end: 0, live: 0 });

export class Tokens {
  /** undefined: a page that was given back, its number free. */
  readonly #pages: (Page | undefined)[] = [firstPage()];
  readonly #free: number[] = [];
  #last = 0;
  #live = 0;
  #used = 1;
  readonly #moved: (owner: number, at: number) => void;

  /** `moved` tells an owner, never 0, where its text lies from now on. */
  constructor(moved: (owner: number, at: number) => void) {
    this.#moved = moved;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + (page === undefined ? 0 : page.bytes.length), 0);
  }

  /** Keeps characters [`start`, `end`) of a wire text; answers where. */
  put(owner: number, text: string, start: number, end: number): number {
    const length = end - start;
    const at = this.#room(length + headBytes);
    const { bytes } = this.#pages[this.#last]!;
    const place = at & pageMask;
    putWord(bytes, place, owner);
    putWord(bytes, place + 4, length);
    for (let i = 0; i < length; i++) bytes[place + headBytes + i] = text.charCodeAt(start + i);
    return at;
  }

  isAt(at: number, text: string, start: number, end: number): boolean {
    const { bytes } = this.#pages[at >>> pageBits]!;
    const place = at & pageMask;
    const length = end - start;
    if (wordAt(bytes, place + 4) !== length) return false;
    for (let i = 0; i < length; i++)
      if (bytes[place + headBytes + i] !== text.charCodeAt(start + i)) return false;
    return true;
  }

  lengthAt(at: number): number {
    return wordAt(this.#pages[at >>> pageBits]!.bytes, (at & pageMask) + 4);
  }

  /** Copies a text to where it ends before `end`; answers where it begins. */
  copy(at: number, to: Uint8Array, end: number): number {
    const { bytes } = this.#pages[at >>> pageBits]!;
    const from = (at & pageMask) + headBytes;
    const start = end - wordAt(bytes, from - 4);
    if (end - start > shortBytes) to.set(bytes.subarray(from, from + end - start), start);
    else for (let i = start; i < end; i++) to[i] = bytes[from + i - start]!;
    return start;
  }

  forget(at: number): void {
    const number = at >>> pageBits;
    const page = this.#pages[number]!;
    const place = at & pageMask;
    putWord(page.bytes, place, nobody);
    const total = headBytes + wordAt(page.bytes, place + 4);
    page.live -= total;
    this.#live -= total;
    if (number === this.#last) page.end = page.live === 0 ? 0 : page.end;
    else if (page.live * fewParts < pageBytes) this.#move(number);
  }

  /** As in the beginning, once every text is forgotten: what was taken for them is given back. */
  clear(): void {
    this.#pages.length = 0;
    this.#pages.push(firstPage());
    this.#free.length = 0;
    this.#last = 0;
    this.#used = 1;
  }

  #giveBack(number: number): void {
    this.#pages[number] = undefined;
    this.#free.push(number);
    this.#used--;
  }

  /** A place for so many bytes at the end. */
  #room(total: number): number {
    const begun = !this.#fits(total);
    if (begun) this.#begin(total);
    const page = this.#pages[this.#last]!;
    const at = this.#last * pageBytes + page.end;
    page.end += total;
    page.live += total;
    this.#live += total;
    if (begun && this.#live * 2 < (this.#used - 1) * pageBytes) this.#clearEmptiest();
    return at;
  }

  /** Whether the last page takes so many bytes more; a small first page is widened. */
  #fits(total: number): boolean {
    const page = this.#pages[this.#last]!;
    const end = page.end + total;
    if (end > pageBytes) return false;
    if (end > page.bytes.length) {
      const wider = new Uint8Array(Math.min(pageBytes, Math.max(page.bytes.length * 2, end)));
      wider.set(page.bytes.subarray(0, page.end));
      page.bytes = wider;
    }
    return true;
  }

  /** A new last page; a text that fills more than one has a larger one for itself. */
  #begin(total: number): void {
    const number = this.#free.pop() ?? this.#pages.length;
    this.#pages[number] = { bytes: new Uint8Array(Math.max(pageBytes, total)), end: 0, live: 0 };
    this.#last = number;
    this.#used++;
  }

  /** Moves what the emptiest page has to the last one, if it fits there. */
  #clearEmptiest(): void {
    let number = -1;
    this.#pages.forEach((page, each) => {
      if (page === undefined || each === this.#last) return;
      if (number < 0 || page.live < this.#pages[number]!.live) number = each;
    });
    if (this.#pages[this.#last]!.end + this.#pages[number]!.live <= pageBytes) this.#move(number);
  }

  /** Moves what is owned of one page to the end of the last one, or of a new one, and gives it back. */
  #move(number: number): void {
    const from = this.#pages[number]!;
    if (!this.#fits(from.live)) this.#begin(from.live);
    const to = this.#pages[this.#last]!;
    for (let place = 0; place < from.end && from.live > 0; ) {
      const total = headBytes + wordAt(from.bytes, place + 4);
      const owner = wordAt(from.bytes, place);
      if (owner !== nobody) {
        to.bytes.set(from.bytes.subarray(place, place + total), to.end);
        this.#moved(owner, this.#last * pageBytes + to.end);
        to.end += total;
        to.live += total;
        from.live -= total;
      }
      place += total;
    }
    this.#giveBack(number);
  }
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
