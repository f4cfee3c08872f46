// How log lines call a peer: by address and number, and once it has said CONNECT and is let in also by what it says it is
// and by who it is. [nats-server client.go initClient, processConnect, getAuthUserLabel]

import { bracketed, hostPort } from "../base/host-port.ts";
import { isPublicKey } from "../identity/nkey.ts";
import type { Endpoint } from "../ports/network.ts";
import { fromWire, toWire } from "../subject/subject.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import { quote } from "../wire/quote.ts";
import type { ConnectionType, Identity } from "./identity.ts";

const marks: Readonly<Record<ConnectionType, string>> = { STANDARD: "cid", WEBSOCKET: "wid" };

/**
 * A peer that has said nothing yet: `127.0.0.1:50404 - cid:5`.
 * @param forwardedFor the address of whom a proxy says it speaks for; "" without one
 */
export function strangerName(
  remote: Endpoint,
  type: ConnectionType,
  id: number,
  forwardedFor: string,
): string {
  const proxied = forwardedFor === "" ? "" : `${bracketed(forwardedFor)}/`;
  return `${proxied}${hostPort(remote.host, remote.port)} - ${marks[type]}:${id}`;
}

/** The name with what the peer has told: `… - "v1.2:nats.js:mine" - "$G/user:me"`. */
export function introducedName(name: string, connect: ConnectOptions, identity: Identity): string {
  const client = [connect.version === "" ? "" : `v${connect.version}`, connect.lang, connect.name];
  const user = userLabel(connect, identity);
  const { account } = identity;
  const place = account.nameTag === "" ? account.name : `${account.name}/${account.nameTag}`;
  const told = [client.filter((part) => part !== "").join(":"), user === "" ? "" : `${place}/${user}`];
  return [name, ...told.filter((part) => part !== "").map(quotedText)].join(" - ");
}

/** By what means it is let in, and as whom; where nobody asks, who it says it is. "" for a nobody. */
function userLabel(connect: ConnectOptions, { user, userKey }: Identity): string {
  const name = user === "" ? connect.nkey || connect.user : user;
  if (name === "") return connect.authToken === "" ? "" : "token";
  if (name === connect.nkey) return `nkey:${name}`;
  if (name === userKey) return `jwt:${name}`;
  if (name !== connect.user && connect.authToken !== "") return "token";
  // A no_auth_user is in the configuration, and CONNECT has nothing of it.
  return connect.user === "" && isPublicKey(name, "user") ? `nkey:${name}` : `user:${name}`;
}

/** Who a peer says it is, by one of these. */
export type Claim = Pick<ConnectOptions, "nkey" | "user" | "authToken">;

/** What the log says of a peer that is not let in. [nats-server client.go authViolation, getAuthUser] */
export function authenticationError({ nkey, user, authToken }: Claim): string {
  if (nkey !== "") return `authentication error - Nkey ${quotedText(nkey)}`;
  if (user !== "") return `authentication error - User ${quotedText(user)}`;
  return authToken === "" ? "authentication error" : 'authentication error - Token "[REDACTED]"';
}

function quotedText(text: string): string {
  return fromWire(quote(toWire(text)));
}
