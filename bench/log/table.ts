// What a bench of the log prints: rows of figures, each beside the load it was measured under.

import { loadavg } from "node:os";

export function quantile(values: number[], q: number): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length * q)] ?? 0;
}

export const load = (): string => loadavg()[0]!.toFixed(1);
export const row = (...cells: (string | number)[]): void => console.log(cells.join(" | "));
export const perSecond = (count: number, ms: number): string => Math.round((count / ms) * 1000).toString();
