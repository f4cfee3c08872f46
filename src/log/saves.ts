// Small state on its way to the journal: of each only the newest contents wait, with everybody who asked for them or
// for older ones; tenants take turns, and what acknowledgements wait for does not wait for what owners keep.

import { itemOverhead } from "./journal.ts";
import type { SmallState } from "./small-state.ts";
import { Turns } from "./turns.ts";

type Done = (error: Error | undefined) => void;

export interface StateSave {
  readonly state: SmallState;
  readonly streamId: string;
  readonly generation: number;
  /** Absent when the state is forgotten. */
  readonly contents: Buffer | undefined;
  /** Everybody who is told, in the order of asking. */
  readonly done: readonly Done[];
}

interface Waiting {
  readonly state: SmallState;
  readonly streamId: string;
  contents: Buffer | undefined;
  readonly done: Done[];
}

const nothing = Buffer.alloc(0);

/** What a save takes of the journal. */
export function saveBytes({ contents }: Pick<StateSave, "contents">): number {
  return (contents ?? nothing).length + itemOverhead;
}

export class Saves {
  readonly #groupBytesMax: number;
  readonly #byState = new Map<SmallState, Waiting>();
  /** Streams' headers, small and one for each stream: they hold the reservations that acknowledgements wait for. */
  readonly #headers = new Turns<Waiting>();
  readonly #owners = new Turns<Waiting>();

  constructor(groupBytesMax: number) {
    this.#groupBytesMax = groupBytesMax;
  }

  get isEmpty(): boolean {
    return this.#byState.size === 0;
  }

  add(state: SmallState, streamId: string, contents: Buffer | undefined, done: Done, tenant: string): void {
    state.generation++;
    state.contents = contents ?? nothing;
    const waiting = this.#byState.get(state);
    if (waiting !== undefined) {
      waiting.contents = contents;
      waiting.done.push(done);
      return;
    }
    const made: Waiting = { state, streamId, contents, done: [done] };
    this.#byState.set(state, made);
    (state.number === 0 ? this.#headers : this.#owners).add(tenant, made);
  }

  /** What goes with the next commit: of headers and of owners' state up to the limit each, and the one that passes it. */
  gather(): StateSave[] {
    const gathered: StateSave[] = [];
    for (const turns of [this.#headers, this.#owners]) {
      for (let bytes = 0; bytes < this.#groupBytesMax && !turns.isEmpty; ) {
        const { state, streamId, contents, done } = turns.next()!;
        this.#byState.delete(state);
        const save = { state, streamId, generation: state.generation, contents, done };
        gathered.push(save);
        bytes += saveBytes(save);
      }
    }
    return gathered;
  }
}
