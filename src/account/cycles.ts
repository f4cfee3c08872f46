// Imports that lead in a circle are refused: a message would never come to an end.
// [nats-server accounts.go checkServiceImportsForCycles, checkStreamImportsForCycles; CVE-2020-28466, CVE-2022-42709]

import { isSubset, overlaps } from "../subject/pattern.ts";

/** An account, as far as imports lead out of it. */
export interface Node {
  readonly name: string;
  /** Imports of `kind`, where a message to `subject` would go on. */
  onward(kind: LinkKind, subject: string): readonly Edge[];
}

export type LinkKind = "stream" | "service";

export interface Edge {
  readonly to: Node;
  /** The import's subject in its own account. */
  readonly subject: string;
}

/** Accounts followed before the search is given up. [MaxAccountCycleSearchDepth] */
const searchDepthMax = 1_024;

interface Step {
  readonly node: Node;
  readonly subject: string;
  readonly edges: readonly Edge[];
  next: number;
}

/** Why `importer` may not import `subject` from `exporter`; undefined when it may. */
export function cycleMistake(
  kind: LinkKind,
  exporter: Node,
  subject: string,
  importer: Node,
): string | undefined {
  const visited = new Set([importer.name]);
  const path: Step[] = [{ node: exporter, subject, edges: exporter.onward(kind, subject), next: 0 }];
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const edge = step.edges[step.next++];
    if (edge === undefined) {
      path.pop();
      continue;
    }
    if (visited.has(edge.to.name)) return "import forms a cycle";
    visited.add(step.node.name);
    if (visited.size >= searchDepthMax) return "search cycle depth exhausted";
    const narrowed = isSubset(edge.subject, step.subject) ? edge.subject : step.subject;
    path.push({ node: edge.to, subject: narrowed, edges: edge.to.onward(kind, narrowed), next: 0 });
  }
  return undefined;
}

/** Whether an import that is known by `known` has to do with `subject`. */
export function concerns(known: string, subject: string): boolean {
  return overlaps(subject, known);
}
