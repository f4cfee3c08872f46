// Credentials as a text to keep in a file: a user's JWT and its seed. [jwt/v2 creds_utils.go]

import { KeyPair } from "./nkey.ts";

/** A credentials file is never longer than a JWT can be, and a little. */
const textLengthMax = 2 * 1024 * 1024;

export interface Credentials {
  readonly jwt: string;
  /** The user's key, with its seed. */
  readonly key: KeyPair;
}

/** The text that `nsc`, `nats` and Scaleway write: six dashes before END. */
export function formatCredentials(jwt: string, seed: string): string {
  const stars = "*".repeat(25);
  return [
    "-----BEGIN NATS USER JWT-----",
    jwt,
    "------END NATS USER JWT------",
    "",
    `${stars} IMPORTANT ${stars}`,
    "NKEY Seed printed below can be used to sign and prove identity.",
    "NKEYs are sensitive and should be treated as secrets.",
    "",
    "-----BEGIN USER NKEY SEED-----",
    seed,
    "------END USER NKEY SEED------",
    "",
    "*".repeat(61),
    "",
  ].join("\n");
}

/** The JWT and the key of a user; undefined where there are not both. Neither is checked against the other. */
export function parseCredentials(text: string): Credentials | undefined {
  if (text.length > textLengthMax) return undefined;
  const [jwt, seed] = framed(text);
  const key = seed === undefined ? undefined : KeyPair.fromSeed(seed);
  return jwt === undefined || key?.kind !== "user" ? undefined : { jwt, key };
}

/** Lines that stand alone between two lines with dashes at both ends. */
function framed(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const found: string[] = [];
  for (let at = 1; at + 1 < lines.length; at++) {
    if (!isRule(lines[at - 1]!) || !isRule(lines[at + 1]!)) continue;
    if (!/^[\w\-.=]+$/.test(lines[at]!) || isRule(lines[at]!)) continue;
    found.push(lines[at]!);
    at++;
  }
  return found;
}

function isRule(line: string): boolean {
  const trimmed = line.trimStart();
  return trimmed.length >= 6 && trimmed.startsWith("---") && trimmed.endsWith("---");
}
