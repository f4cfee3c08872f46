// PLACEHOLDER so that the server runs while the real trie is being written: overwrite me.
import { matches } from "./pattern.ts";
export interface Interested {
  readonly subject: string;
  readonly queue: string | undefined;
}
export interface Matched<S> {
  readonly plain: readonly S[];
  readonly groups: readonly (readonly S[])[];
}
export class Interest<S extends Interested> {
  #all = new Set<S>();
  get size(): number {
    return this.#all.size;
  }
  insert(s: S): void {
    this.#all.add(s);
  }
  remove(s: S): boolean {
    return this.#all.delete(s);
  }
  match(subject: string): Matched<S> {
    const plain: S[] = [];
    const groups = new Map<string, S[]>();
    for (const s of this.#all)
      if (matches(s.subject, subject)) {
        if (s.queue === undefined) plain.push(s);
        else {
          const g = groups.get(s.queue);
          if (g) g.push(s);
          else groups.set(s.queue, [s]);
        }
      }
    return { plain, groups: [...groups.values()] };
  }
  has(subject: string): boolean {
    const m = this.match(subject);
    return m.plain.length + m.groups.length > 0;
  }
  forEach(visit: (s: S) => void): void {
    this.#all.forEach((s) => visit(s));
  }
}
