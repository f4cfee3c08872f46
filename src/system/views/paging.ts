// A page of a long list: an offset and a limit of 64 bits, of any size and sign.

export interface Page<T> {
  readonly offset: bigint;
  readonly limit: bigint;
  readonly rows: readonly T[];
}

const rowsByDefault = 1_024n;

/** Without a limit, or with one that is none, there are 1,024 rows to a page. [nats-server monitor.go DefaultConnListSize] */
export function pageOf<T>(all: readonly T[], asked: { offset: bigint; limit: bigint }): Page<T> {
  const offset = asked.offset < 0n ? 0n : asked.offset;
  const limit = asked.limit <= 0n ? rowsByDefault : asked.limit;
  const length = BigInt(all.length);
  const start = offset < length ? offset : length;
  const end = limit < length - start ? start + limit : length;
  return { offset, limit, rows: all.slice(Number(start), Number(end)) };
}
