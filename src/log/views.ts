// What a log tells of itself.

import type { Node, Subjects } from "./subjects.ts";

export interface LogState {
  readonly messages: number;
  /** As nats-server counts stored bytes of a file stream. */
  readonly bytes: number;
  /** One above `last` when there is no message. */
  readonly first: number;
  readonly last: number;
  readonly subjects: number;
  /** Messages lost to damage, since the stream was made. */
  readonly lost: number;
}

export interface SubjectState {
  readonly subject: string;
  readonly messages: number;
  readonly first: number;
  readonly last: number;
}

export function subjectState(subjects: Subjects, node: Node): SubjectState {
  const [messages, first, last] = [subjects.count(node), subjects.first(node), subjects.last(node)];
  return { subject: subjects.name(node), messages, first, last };
}
