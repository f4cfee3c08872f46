// What a person reads when Chappe is up: where everything is and, the first time, three lines to paste.

import type { RunFile } from "./data-directory.ts";

export interface Welcome {
  readonly version: string;
  readonly isFirst: boolean;
  readonly tookMs: number;
  readonly run: RunFile;
  readonly data: string;
  readonly tls: boolean;
  /** PEM file of the local CA; undefined where there is none. */
  readonly ca: string | undefined;
  /** How this program was called, ready to be pasted. */
  readonly command: string;
  /** Whether --data must be said for the same directory to be found again. */
  readonly dataIsDefault: boolean;
}

export function welcomeText(it: Welcome): string {
  const nats = Object.entries(it.run.nats).map(
    ([region, url]) => `${url}  (${region}, ${it.tls ? "TLS required" : "no TLS"})`,
  );
  const lines = [
    `chappe ${it.version} is ready after ${(it.tookMs / 1_000).toFixed(1)} s`,
    "",
    `API   ${it.run.http}/mnq/v1beta1`,
    ...nats.map((line) => `NATS  ${line}`),
    `Data  ${it.data}${it.isFirst ? "  (new; only you may read it)" : ""}`,
    ...(it.ca === undefined ? [] : [`CA    ${it.ca}`]),
    ...(it.isFirst ? firstSteps(it) : []),
    "",
    it.isFirst ? "Ctrl-C stops it; everything is kept." : `eval "$(${environment(it)})" sets the shell up.`,
  ];
  return `\n${lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}\n\n`;
}

function firstSteps(it: Welcome): readonly string[] {
  const [region, url] = Object.entries(it.run.nats)[0] ?? [];
  const api = `$SCW_API_URL/mnq/v1beta1/regions/${region}`;
  const token = '-H "X-Auth-Token: $SCW_SECRET_KEY"';
  const account = `curl -s ${token} --json '{"name":"demo","project_id":"'$SCW_DEFAULT_PROJECT_ID'"}' ${api}/nats-accounts | jq -r .id`;
  const credentials = `curl -s ${token} --json '{"name":"demo","nats_account_id":"'$(${account})'"}' ${api}/nats-credentials`;
  const ca = it.ca === undefined ? "" : ' --tlsca "$NATS_CA"';
  return [
    "",
    'An organization, a project "default" and an API key were made. Try it:',
    "",
    `  eval "$(${environment(it)})"`,
    `  ${credentials} | jq -r .credentials.content > nats.creds`,
    `  nats sub -s ${url} --creds nats.creds${ca} 'hello.>' --count 1 & sleep 1; nats pub -s ${url} --creds nats.creds${ca} hello.world 'Hi there!'`,
  ];
}

function environment(it: Welcome): string {
  return it.dataIsDefault ? `${it.command} env` : `${it.command} env --data '${it.data}'`;
}
