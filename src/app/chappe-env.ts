// `chappe env`: what Scaleway's tools and NATS clients need to find this installation, as lines for a shell.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { hostPort } from "../base/host-port.ts";
import type { Endpoint } from "../ports/network.ts";
import { readAddresses, readAdminKey } from "./data-directory.ts";
import { Exit } from "./exit.ts";

/** The export lines; works whether Chappe runs or not. @throws Exit when the first key is not there. */
export function exportLines(data: string, http: Endpoint): string {
  const key = readAdminKey(data);
  if (key === undefined) {
    const never = !existsSync(join(data, "lock"));
    const message = never
      ? `${data} has never been started`
      : `${join(data, "admin.key")} is not there any more`;
    const remedy = never
      ? "Start it once with: chappe serve, or name its directory with --data."
      : "The key was written down elsewhere before it was deleted: export it from there.";
    throw new Exit("data", message, remedy);
  }
  const last = readAddresses(data);
  const ca = join(data, "tls", "ca.pem");
  const variables: readonly (readonly [name: string, value: string])[] = [
    ["SCW_API_URL", last?.http ?? httpUrl(http)],
    ["SCW_ACCESS_KEY", key.access_key],
    ["SCW_SECRET_KEY", key.secret_key],
    ["SCW_DEFAULT_PROJECT_ID", key.default_project_id],
    ["SCW_DEFAULT_ORGANIZATION_ID", key.default_organization_id],
    ["SCW_DEFAULT_REGION", key.default_region],
    ...(last?.localCa === true ? [["NATS_CA", ca] as const] : []),
  ];
  return variables.map(([name, value]) => `export ${name}=${quote(value)}\n`).join("");
}

export function httpUrl({ host, port }: Endpoint): string {
  return `http://${hostPort(host, port)}`;
}

/** Quoted for every POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
