// Mutants that nobody can tell from the program, each with the reason. They are not counted as survivors.

export interface Equivalent {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];
