// One subscription, as lists of them show it. [nats-server monitor.go SubDetail]

import { fromWire } from "../../subject/subject.ts";
import { sparse } from "../go-json.ts";

export interface ListedSubscription {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly sid: string;
  readonly messages: number;
  readonly max: number;
}

/** `cid` is the connection's; 0 for the server's own. */
export function describeSubscription(
  { subject, queue, sid, messages, max }: ListedSubscription,
  cid: number,
): Record<string, unknown> {
  return {
    subject: fromWire(subject),
    ...sparse({ qgroup: queue === undefined ? "" : fromWire(queue) }),
    sid: fromWire(sid),
    msgs: messages,
    ...sparse({ max }),
    cid,
  };
}
