// Calls a control plane without a socket, as a client with a key would.

import { Client } from "../../src/api-client/client.ts";
import type { Control } from "../../src/control/control.ts";
import type { HttpResponse } from "../../src/control/http/message.ts";

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly remote?: string;
}

export function send(control: Control, sent: Sent): Promise<HttpResponse> {
  const [path = "", query = ""] = sent.path.split("?");
  const headers = new Map(Object.entries(sent.headers ?? {}));
  if (sent.token !== undefined) headers.set("x-auth-token", sent.token);
  const { method, remote = "192.0.2.1" } = sent;
  return control.handle({
    method,
    path,
    query,
    headers,
    body: Buffer.from(sent.body ?? ""),
    remote,
    secure: false,
  });
}

/** The project's own client, talking to a control plane in this process. */
export function clientOf(control: Control, secretKey: string): Client {
  return new Client({
    url: "",
    secretKey,
    fetch: async (path, { method, headers, body = "" }) => {
      const answer = await send(control, { method, path, headers, body });
      return { status: answer.status, text: async () => answer.body };
    },
  });
}
