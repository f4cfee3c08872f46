// What a TLS stream hands over record by record, joined to what one look at the socket brought: a peer that says two
// things at once is answered at once.

/** Bytes after which nothing more is waited for. */
const joinedMax = 65_536;

export class JoinedReads {
  readonly #deliver: (bytes: Buffer) => void;
  #records: Buffer[] = [];
  #length = 0;

  /** @param deliver gets each joined read, after the streams have been looked at and before timers ring */
  constructor(deliver: (bytes: Buffer) => void) {
    this.#deliver = deliver;
  }

  add(record: Buffer): void {
    this.#length += record.length;
    const first = this.#records.push(record) === 1;
    if (this.#length >= joinedMax) this.flush();
    else if (first) setImmediate(this.flush);
  }

  /** Forgets what is there: nobody wants to hear it any more. */
  drop(): void {
    this.#records = [];
    this.#length = 0;
  }

  /** Delivers what is there now; to be called before the stream's end is told. */
  readonly flush = (): void => {
    const records = this.#records;
    if (records.length === 0) return;
    this.drop();
    this.#deliver(records.length === 1 ? records[0]! : Buffer.concat(records));
  };
}
