// Who asks, told to a service in the header Nats-Request-Info. What a client writes there itself never reaches a
// service: not in another case, not twice, not folded over lines. [CVE-2026-33246, CVE-2026-33223]

import { escapedAsGo } from "../base/go-json.ts";
import { headerLine } from "../wire/headers.ts";

export const requestInfoHeader = "Nats-Request-Info";
const lowered = requestInfoHeader.toLowerCase();

/** In nats-server's order [events.go ClientInfo]. */
const fields = [
  "start",
  "host",
  "id",
  "acc",
  "svc",
  "user",
  "name",
  "lang",
  "ver",
  "rtt",
  "server",
  "cluster",
  "jwt",
  "issuer_key",
  "name_tag",
  "tags",
  "kind",
  "client_type",
] as const;

/** The description with its fields in that order, and without the empty ones. */
export function inOrder(info: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = fields.filter((name) => info[name] !== undefined && info[name] !== "" && info[name] !== 0);
  return Object.fromEntries(given.map((name) => [name, info[name]]));
}

/** The description as the header's value: JSON, as Go writes it. */
export function requestInfoText(info: Readonly<Record<string, unknown>>): string {
  return escapedAsGo(JSON.stringify(inOrder(info)));
}

/** A header block with this value, which is JSON and so without line ends, at its end. `block` may be empty. */
export function withRequestInfo(block: Buffer, value: string): Buffer {
  const own = `${requestInfoHeader}: ${Buffer.from(value, "utf8").latin1Slice()}\r\n`;
  if (block.length === 0) return Buffer.from(`${headerLine}${own}\r\n`, "latin1");
  const lines = block.latin1Slice().split("\r\n");
  // What stands after the last line end belongs to no line; a block that is whole ends in two of them.
  if (lines.at(-1) === "") lines.pop();
  if (lines.at(-1) === "") lines.pop();
  const kept: string[] = [];
  let dropping = false;
  for (const [place, line] of lines.entries()) {
    const folded = place > 0 && isFolded(line);
    if (!folded) dropping = isOurs(line);
    if (!dropping) kept.push(`${line}\r\n`);
    else if (place === 0) kept.push(headerLine);
  }
  return Buffer.from(`${kept.join("")}${own}\r\n`, "latin1");
}

function isFolded(line: string): boolean {
  return line.startsWith(" ") || line.startsWith("\t");
}

/** Readers trim blanks around names, and take a lone line feed for a line's end. */
function isOurs(line: string): boolean {
  if (!line.toLowerCase().includes(lowered)) return false;
  return line.split(/[\r\n]/).some(
    (part) =>
      part
        .slice(0, Math.max(0, part.indexOf(":")))
        .trim()
        .toLowerCase() === lowered,
  );
}
