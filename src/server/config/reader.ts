// How a block of the configuration is read: a table from lower-case key to what is done with its value.
import type { Draft } from "./draft.ts";
import type { Findings } from "./findings.ts";
import type { Outside } from "./outside.ts";
import type { Entry, Tree } from "./tree.ts";

/** What every reader may use. */
export interface Reading {
  readonly findings: Findings;
  readonly outside: Outside;
}

/** `key` is spelled as in the file. */
export type KeyReader<Into> = (into: Into, entry: Entry, reading: Reading, key: string) => void;

export type KeyTable<Into> = ReadonlyMap<string, KeyReader<Into>>;

export type TopReader = KeyReader<Draft>;

/** A table out of rows that name all spellings of a key. */
export function keyTable<Into>(rows: readonly (readonly [string, KeyReader<Into>])[]): KeyTable<Into> {
  return new Map(rows.flatMap(([names, read]) => names.split(" ").map((name) => [name, read] as const)));
}

/** Reads all keys of a block, in the order of the file. Keys count whatever their case. */
export function readKeys<Into>(tree: Tree, table: KeyTable<Into>, into: Into, reading: Reading): void {
  for (const [key, entry] of tree) {
    const read = table.get(key.toLowerCase());
    if (read === undefined) reading.findings.unknown(entry, key);
    else read(into, entry, reading, key);
  }
}
