// Whether a peer's publish is traced, and may be: decided before anything else is done with it.
// [nats-server msgtrace.go initMsgTrace]

import type { Account } from "../account/account.ts";
import {
  MessageTrace,
  type TraceRequest,
  traceDestinationHeader,
  traceDisabled,
  traceRequest,
} from "../account/trace.ts";
import { isValidSubject } from "../subject/subject.ts";
import type { Publish } from "../wire/command.ts";
import { appendHeader, removeHeader } from "../wire/headers.ts";
import { publishDenied, type Violation } from "../wire/violation.ts";

export interface TracingOwner {
  readonly id: number;
  readonly account: Account;
  readonly connect: { readonly name: string } | undefined;
  complain(violation: Violation): void;
}

export type TraceDecision =
  | { readonly kind: "untraced" }
  /** Untraced, and whoever gets the message is told not to trace it either. */
  | { readonly kind: "silenced"; readonly headerBytes: number; readonly body: Buffer }
  | { readonly kind: "traced"; readonly trace: MessageTrace }
  /** It was to be traced and nothing else, and cannot be traced: nothing happens. */
  | { readonly kind: "dropped" };

const untraced = { kind: "untraced" } as const;
const dropped = { kind: "dropped" } as const;
/** Nobody downstream is to trace it either. */
const unsampled = { kind: "unsampled" } as const;

/** A message as far as a trace tells of it. */
interface Traceable {
  readonly subject: string;
  readonly headers: Buffer;
  /** Bytes of headers and payload. */
  readonly size: number;
}

type Judgement = Exclude<TraceDecision, { readonly kind: "silenced" }> | { readonly kind: "unsampled" };

/** @param mayPublish whether the peer may publish to a subject: traces go nowhere else [CVE-2026-33249] */
export function decideTrace(
  publish: Publish,
  owner: TracingOwner,
  mayPublish: (subject: string) => boolean,
): TraceDecision {
  const { subject, body, headerBytes } = publish;
  const headers = body.subarray(0, headerBytes);
  const judged = judge({ subject, headers, size: body.length }, owner, mayPublish);
  return judged.kind === "unsampled" ? silenced(publish) : judged;
}

/** The trace of a message that is too large to be taken; undefined where none is asked for, or may be. */
export function traceOversize(
  message: Traceable,
  owner: TracingOwner,
  mayPublish: (subject: string) => boolean,
): MessageTrace | undefined {
  const judged = judge(message, owner, mayPublish);
  return judged.kind === "traced" ? judged.trace : undefined;
}

function judge(message: Traceable, owner: TracingOwner, mayPublish: (subject: string) => boolean): Judgement {
  const request = traceRequest(message.headers);
  if (request === undefined) return untraced;
  const refused = request.only ? dropped : untraced;
  if (request.void) return request.only ? dropped : unsampled;
  let destination = request.destination;
  if (destination === undefined) {
    const own = owner.account.traceDestination;
    if (own === undefined) return untraced;
    if (!isSampled(own.sampling, owner.account)) return unsampled;
    destination = own.subject;
  }
  if (!isValidSubject(destination)) return refused;
  if (!mayPublish(destination)) {
    owner.complain(publishDenied(destination));
    return dropped;
  }
  return { kind: "traced", trace: begin(request, destination, message, owner) };
}

function begin(
  request: TraceRequest,
  destination: string,
  { subject, size }: Traceable,
  owner: TracingOwner,
): MessageTrace {
  const { surroundings } = owner.account;
  const source = { id: owner.id, name: owner.connect?.name ?? "", account: owner.account.name, subject };
  return new MessageTrace(request, destination, size, source, () =>
    surroundings.stamp(surroundings.clock.nowNs()),
  );
}

function isSampled(sampling: number, account: Account): boolean {
  return sampling <= 0 || sampling >= 100 || account.surroundings.random.below(100) <= sampling;
}

function silenced({ body, headerBytes }: Publish): TraceDecision {
  const block = appendHeader(
    removeHeader(body.subarray(0, headerBytes), traceDestinationHeader),
    traceDestinationHeader,
    traceDisabled,
  );
  return {
    kind: "silenced",
    headerBytes: block.length,
    body: Buffer.concat([block, body.subarray(headerBytes)]),
  };
}
