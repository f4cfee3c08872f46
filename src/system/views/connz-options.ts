// What a request for connections asks for, in its JSON form. [nats-server monitor.go ConnzOptions]

import { type ConnzOptions, type ConnzState, connzDefaults, isConnzSort } from "./connz.ts";

const states: readonly ConnzState[] = ["open", "closed", "any"];

export function connzOptions(body: Readonly<Record<string, unknown>>): ConnzOptions {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const whole = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);
  const sort = text(body.sort);
  return {
    sort: isConnzSort(sort) ? sort : connzDefaults.sort,
    auth: body.auth === true,
    subscriptions: body.subscriptions_detail === true ? "detail" : body.subscriptions === true ? "names" : "none",
    offset: whole(body.offset),
    limit: whole(body.limit),
    cid: whole(body.cid),
    state: states[whole(body.state)] ?? connzDefaults.state,
    user: text(body.user),
    account: text(body.acc),
    filterSubject: text(body.filter_subject),
  };
}
