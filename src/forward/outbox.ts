// The bytes on their way to one peer: gathered during a turn, handed to its transport at the end of it.

/** The transport's end of an outbox. */
export interface Peer {
  /** Hands bytes over. True when they have been taken and the buffer may be reused at once. */
  write(bytes: Uint8Array): boolean;
}

/** Buffers of three sizes, reused last-in-first-out so that the one in the processor's cache is taken first. */
export class BufferPool {
  static readonly sizes = [2_048, 16_384, 131_072] as const;
  /** Free buffers kept of each size; more than these are left to the garbage collector. */
  static readonly keptMax = [1_024, 256, 32] as const;
  readonly #free: [Buffer[], Buffer[], Buffer[]] = [[], [], []];

  /** A buffer of size class `level` (0, 1 or 2); its contents are whatever they were. */
  take(level: number): Buffer {
    return this.#free[level]!.pop() ?? Buffer.allocUnsafeSlow(BufferPool.sizes[level]!);
  }

  give(buffer: Buffer, level: number): void {
    const free = this.#free[level]!;
    if (free.length < BufferPool.keptMax[level]!) free.push(buffer);
  }
}

/**
 * What one turn has dirtied. A turn is one chunk read or one alarm rung; whoever drives it calls `end` once,
 * explicitly, so that a simulator replays the same writes in the same order.
 */
export class Turn {
  #dirty: Outbox[] = [];

  mark(outbox: Outbox): void {
    this.#dirty.push(outbox);
  }

  /** Flushes every outbox dirtied since the last end, in the order they were dirtied. */
  end(): void {
    const dirty = this.#dirty;
    // Flushing may close a peer, and closing may dirty others: the list can grow while it is walked.
    for (let i = 0; i < dirty.length; i++) dirty[i]!.flush();
    dirty.length = 0;
  }
}

const none = Buffer.alloc(0);
const lineEnd = Buffer.from("\r\n", "latin1");
const largest = BufferPool.sizes.length - 1;

export class Outbox {
  /** Beyond this many gathered bytes the peer is written to before the turn ends. */
  static readonly flushAt = 65_536;

  readonly #turn: Turn;
  readonly #pool: BufferPool;
  #peer: Peer | undefined;
  #buffer: Buffer = none;
  #level = -1;
  #length = 0;
  #dirty = false;

  constructor(peer: Peer, turn: Turn, pool: BufferPool) {
    this.#peer = peer;
    this.#turn = turn;
    this.#pool = pool;
  }

  /** Bytes gathered and not yet handed to the peer. */
  get length(): number {
    return this.#length;
  }

  /** Appends `head[skip…]` and then `from[start, end)`: a delivery is the subscriber's own beginning and the publisher's own end. */
  append(head: Uint8Array, skip: number, from: Buffer, start: number, end: number): void {
    const need = head.length - skip + (end - start);
    if (this.#length + need > this.#buffer.length && !this.#makeRoom(need)) {
      return this.#writeThrough(head.subarray(skip), from, start, end);
    }
    const buffer = this.#buffer;
    let at = this.#length;
    // Heads are some twenty bytes: a loop is quicker than a call into the runtime.
    for (let i = skip; i < head.length; i++) buffer[at++] = head[i]!;
    from.copy(buffer, at, start, end);
    this.#added(need);
  }

  /** Appends wire text: one byte per character. */
  appendText(text: string): void {
    const need = text.length;
    if (this.#length + need > this.#buffer.length && !this.#makeRoom(need)) {
      return this.#writeThrough(Buffer.from(text, "latin1"), none, 0, 0);
    }
    this.#buffer.latin1Write(text, this.#length, need);
    this.#added(need);
  }

  /** Appends a message: its control line (CRLF included), `body[start…]` and the CRLF behind it. */
  appendMessage(line: string, body: Buffer, start: number): void {
    const head = line.length;
    const need = head + (body.length - start) + 2;
    if (this.#length + need > this.#buffer.length && !this.#makeRoom(need)) {
      this.#writeThrough(Buffer.from(line, "latin1"), body, start, body.length);
      return this.append(lineEnd, 0, none, 0, 0);
    }
    const buffer = this.#buffer;
    const at = this.#length;
    buffer.latin1Write(line, at, head);
    body.copy(buffer, at + head, start);
    buffer[at + need - 2] = 0x0d;
    buffer[at + need - 1] = 0x0a;
    this.#added(need);
  }

  /** Hands everything gathered to the peer. */
  flush(): void {
    this.#dirty = false;
    if (this.#length > 0) this.#write();
    if (this.#level >= 0) {
      this.#pool.give(this.#buffer, this.#level);
      this.#buffer = none;
      this.#level = -1;
    }
  }

  /** The peer is gone: what was gathered is dropped, what comes later too. */
  close(): void {
    this.#peer = undefined;
    this.#length = 0;
  }

  #added(bytes: number): void {
    this.#length += bytes;
    if (!this.#dirty) {
      this.#dirty = true;
      this.#turn.mark(this);
    }
    if (this.#length >= Outbox.flushAt) this.#write();
  }

  #write(): void {
    const peer = this.#peer;
    const length = this.#length;
    this.#length = 0;
    if (peer === undefined) return;
    const taken = peer.write(
      length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, length),
    );
    if (!taken) {
      // The transport still reads from this buffer: it is the transport's now.
      this.#buffer = none;
      this.#level = -1;
    }
  }

  /** Makes room for `need` more bytes by growing or writing; false when no pooled buffer can hold them. */
  #makeRoom(need: number): boolean {
    if (this.#length + need > BufferPool.sizes[largest]!) {
      if (this.#length > 0) this.#write();
      if (need > BufferPool.sizes[largest]!) return false;
      if (need <= this.#buffer.length) return true;
    }
    let level = this.#level < 0 ? 0 : this.#level;
    while (BufferPool.sizes[level]! < this.#length + need) level++;
    const grown = this.#pool.take(level);
    this.#buffer.copy(grown, 0, 0, this.#length);
    if (this.#level >= 0) this.#pool.give(this.#buffer, this.#level);
    this.#buffer = grown;
    this.#level = level;
    return true;
  }

  #writeThrough(prefix: Uint8Array, from: Buffer, start: number, end: number): void {
    if (this.#peer === undefined) return;
    const own = Buffer.allocUnsafeSlow(prefix.length + (end - start));
    own.set(prefix, 0);
    from.copy(own, prefix.length, start, end);
    this.#peer.write(own);
  }
}
