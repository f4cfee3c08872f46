// What a log is put together from, once its stream has been made or recovered.

import type { StreamContext } from "./context.ts";
import type { StreamHeader } from "./header.ts";
import type { SequenceIndex } from "./index.ts";
import type { Journals } from "./journals.ts";
import type { Losses } from "./loss.ts";
import type { Range } from "./record.ts";
import type { OwnerStates } from "./states.ts";

export interface LogParts {
  readonly context: StreamContext;
  readonly index: SequenceIndex;
  readonly header: StreamHeader;
  readonly states: OwnerStates;
  readonly losses: Losses;
  readonly journals: Journals;
  readonly nextNumber: number;
  readonly skipped: readonly Range[];
}
