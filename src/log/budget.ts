// What one question may cost in one turn of the program. A step is about ten nanoseconds: a look at a place that the
// processor has at hand. Whoever runs out of steps answers where to go on.

/** Of every question that does not say otherwise: some hundred microseconds, of which a busy machine makes a millisecond. */
export const turnSteps = 16_384;
/** What a look at a place anywhere in memory takes. */
export const farSteps = 8;

/** What it takes to go through a text, beside coming to it. */
export function lengthSteps(length: number): number {
  return length >>> 3;
}

export interface Budget {
  /** Below 0 it was overdrawn, by no more than one thing looked at takes. */
  left: number;
}

/** Lets `ask` spend up to `steps` of a budget. */
export function within<T>(budget: Budget, steps: number, ask: (part: Budget) => T): T {
  const given = Math.min(steps, budget.left);
  const part = { left: given };
  const answer = ask(part);
  budget.left -= given - part.left;
  return answer;
}

/** What is left of a budget, for two ways of which the first may not do. */
export const half = (budget: Budget): number => Math.ceil(budget.left / 2);
