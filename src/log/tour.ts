// Going from subject to subject of a filter's patterns, over as many turns as that takes.

import { aWalk, type Subjects, type Walk } from "./subjects.ts";

/** Where a tour of a filter's subjects and patterns stands. */
export interface Stop {
  /** Subjects first, then patterns. */
  at: number;
  walk: Walk;
}

export function aStop(): Stop {
  return { at: 0, walk: aWalk() };
}

/** Goes on from a stop; answers whether it went through. */
export type Leg = (stop: Stop) => boolean;

export class Tour {
  readonly #subjects: Subjects;
  #recycled: number;
  readonly #stop = aStop();

  constructor(subjects: Subjects) {
    this.#subjects = subjects;
    this.#recycled = subjects.recycled;
  }

  /** Whether it can be gone on with: subjects may have come and gone, but not the one where it stands. */
  holds(subjects: Subjects): boolean {
    if (subjects !== this.#subjects || !subjects.isStill(this.#stop.walk.node, this.#recycled)) return false;
    this.#recycled = subjects.recycled;
    return true;
  }

  /** To be asked only where `holds` was, in the same turn. */
  goOn(leg: Leg): boolean {
    return leg(this.#stop);
  }
}
