// What the control plane sets for its cells beyond what every nats-server knows: limits that keep tenants from one
// another's way.

import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

const mib = 1_048_576;
/** Of a cell's memory: where no tenant is let in any more, and where the largest buffers go. */
const memorySoft = 0.75;
const memoryHard = 0.9;

/** A text in the broker's grammar for cells that run `program`; nothing but a remark where that is not `own`. */
export function brokerSettings(program: string, own: string, cells: number): string {
  if (program !== own) return "# Settings that only Chappe's broker knows.\n";
  return tenancySettings(cellMemory(cells));
}

/** @param memoryBytes what one cell may use */
export function tenancySettings(memoryBytes: number): string {
  const part = (share: number): string => `${Math.floor((memoryBytes * share) / mib)}MB`;
  return `# Written by Chappe at every start; changes made here are lost.
max_pending: 8MB
max_subscriptions: 1000
tenancy {
  unauthenticated: 1024
  unauthenticated_per_address: 64
  failed_sign_ins: 500
  failed_sign_ins_per_address: 20
  connections_per_user: 50
  account_subscriptions: 10000
  account_pending: 64MB
  account_messages: 20000
  account_bytes: 20MB
  turn_bytes: 64KB
  turn_time: "1ms"
  subject_bytes: 256
  subject_tokens: 32
  subject_token_bytes: 128
  subscription_tokens: 32
  header_bytes: 64KB
  header_lines: 256
  memory_soft: ${part(memorySoft)}
  memory_hard: ${part(memoryHard)}
}
`;
}

/** An equal part of the machine, or of the container, but no more than a process's heap may have. */
function cellMemory(cells: number): number {
  const constrained = process.constrainedMemory();
  const machine = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.min(machine / cells, getHeapStatistics().heap_size_limit);
}
