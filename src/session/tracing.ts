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

const untraced: TraceDecision = { kind: "untraced" };
const dropped: TraceDecision = { kind: "dropped" };

/** @param mayPublish whether the peer may publish to a subject: traces go nowhere else [CVE-2026-33249] */
export function decideTrace(
  publish: Publish,
  owner: TracingOwner,
  mayPublish: (subject: string) => boolean,
): TraceDecision {
  const request = traceRequest(publish.body.subarray(0, publish.headerBytes));
  if (request === undefined) return untraced;
  const refused = request.only ? dropped : untraced;
  if (request.void) return request.only ? dropped : silenced(publish);
  let destination = request.destination;
  if (destination === undefined) {
    const own = owner.account.traceDestination;
    if (own === undefined) return untraced;
    if (!isSampled(own.sampling, owner.account)) return silenced(publish);
    destination = own.subject;
  }
  if (!isValidSubject(destination)) return refused;
  if (!mayPublish(destination)) {
    owner.complain(publishDenied(destination));
    return dropped;
  }
  return { kind: "traced", trace: begin(request, destination, publish, owner) };
}

function begin(
  request: TraceRequest,
  destination: string,
  publish: Publish,
  owner: TracingOwner,
): MessageTrace {
  const { surroundings } = owner.account;
  const source = {
    id: owner.id,
    name: owner.connect?.name ?? "",
    account: owner.account.name,
    subject: publish.subject,
  };
  return new MessageTrace(request, destination, publish.body.length, source, () =>
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
