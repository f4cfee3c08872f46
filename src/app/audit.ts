// `chappe audit DIR`: checks a store that no broker has open, and says what it found. It changes nothing in the store:
// it works on a view of the disk whose writes stay in memory.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../base/assert.ts";
import { OverlayDisk } from "../log/overlay.ts";
import { Store } from "../log/store.ts";
import { type Remains, remainsOf } from "../log/unreadable.ts";
import { VersionFault } from "../log/versions.ts";
import { realClock } from "../node/clock.ts";
import { NodeDisk } from "../node/disk.ts";
import { realRandom } from "../node/random.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import { Exit } from "./exit.ts";

export interface AuditedStream {
  readonly name: string;
  readonly tenant: string;
  readonly messages: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Ranges of sequences lost to damage, and of those that a crash left uncertain. */
  readonly lost: readonly string[];
  readonly uncertain: readonly string[];
  readonly damage: readonly string[];
  /** Why the stream could not be opened; everything above is then empty. */
  readonly error?: string;
}

/** What is left of a stream whose header is lost in both copies. */
export interface AuditedRemains extends Remains {
  readonly path: string;
  /** What a damaged copy of the header still says. */
  readonly name?: string;
}

export interface AuditReport {
  readonly streams: readonly AuditedStream[];
  readonly unreadable: readonly AuditedRemains[];
  /** What opening the store had to say: damaged journals and copies. */
  readonly remarks: readonly string[];
  readonly sound: boolean;
}

/** What an audit writes is held in memory: it rewrites no segment for its space, and asks for no room. */
const limits = { compactBytesMin: Number.MAX_SAFE_INTEGER, freeBytesMin: 0 };

const rangeText = ({ first, last }: { readonly first: number; readonly last: number }): string =>
  first === last ? `${first}` : `${first}-${last}`;

/**
 * Reads and checks everything in a store's directory. Encrypted streams need `keyOf`.
 * @throws Fault when the directory is no store, or of another version, or the disk fails.
 */
export function audit(
  disk: Disk,
  clock: Clock,
  random: Random,
  directory: string,
  keyOf: (name: string) => Uint8Array | undefined = () => undefined,
): AuditReport {
  if (!disk.existsSync(`${directory}/streams`))
    throw new Fault("audit a directory that is no store", { directory });
  const remarks: string[] = [];
  const trace = {
    enabled: () => true,
    log: (level: string, text: string) => void (level === "error" && remarks.push(text)),
  };
  const glass = new OverlayDisk(disk);
  const store = new Store({ disk: glass, clock, random, trace, directory, limits });
  const streams = store.entries().map(({ name, tenant }): AuditedStream => {
    const silent = { committed: () => undefined, failed: () => undefined };
    try {
      const log = store.open(name, silent, keyOf(name));
      for (let s = log.next(1); s !== 0; s = log.next(s + 1)) log.read(s);
      const { messages, bytes, first, last } = log.state;
      const lost = log.losses.ranges.map(rangeText);
      const uncertain = log.losses.uncertainRanges.map(rangeText);
      const damage = log.losses.damage.map(
        ({ path, what, from, to }) => `${path}: ${what} ${from ?? ""}-${to ?? ""}`,
      );
      return { name, tenant, messages, bytes, first, last, lost, uncertain, damage };
    } catch (cause) {
      const nothing = { messages: 0, bytes: 0, first: 0, last: 0, lost: [], uncertain: [], damage: [] };
      return { name, tenant, ...nothing, error: (cause as Error).message };
    }
  });
  const sound =
    remarks.length === 0 &&
    store.unreadable.length === 0 &&
    streams.every(
      (stream) => stream.error === undefined && stream.damage.length === 0 && stream.lost.length === 0,
    );
  const unreadable = store.unreadable.map(
    (stream): AuditedRemains => ({ path: stream.path, name: stream.name, ...remainsOf(glass, stream) }),
  );
  return { streams, unreadable, remarks, sound };
}

/** The report as a person reads it. */
export function auditText(report: AuditReport): string {
  const lines = report.streams.flatMap((stream) => [
    `${stream.name} (${stream.tenant}): ${stream.error ?? `${stream.messages} messages, ${stream.bytes} bytes, ${stream.first} to ${stream.last}`}`,
    ...stream.lost.map((range) => `  lost: ${range}`),
    ...stream.uncertain.map((range) => `  cut by a crash, or lost: ${range}`),
    ...stream.damage.map((what) => `  ${what}`),
  ]);
  for (const { path, name, messages, first, last } of report.unreadable) {
    const called = name === undefined ? "" : ` of what may have been ${JSON.stringify(name)}`;
    lines.push(
      `${path}: both copies of the header${called} are lost; ${messages} messages left (removed ones among them), ${first} to ${last}`,
    );
  }
  lines.push(...report.remarks.map((remark) => `! ${remark}`));
  lines.push(report.sound ? "The store is sound." : "The store is damaged.");
  return `${lines.join("\n")}\n`;
}

/** Why there is nothing to audit; undefined where a store seems to be. */
function noStore(directory: string): string | undefined {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return `${directory} is not there`;
  if (!found.isDirectory()) return `${directory} is a file`;
  if (existsSync(join(directory, "streams"))) return undefined;
  if (existsSync(join(directory, "chappe.db")))
    return `${directory} is a data directory of chappe serve, which makes no log store yet`;
  return `${directory} is no store: it holds no streams/`;
}

/** Audits a directory of this machine; the report as text, or as JSON for programs. @throws Exit when there is no store to read. */
export function runAudit(directory: string, asJson: boolean): { text: string; sound: boolean } {
  const remedy = "Name the directory that holds `streams/` and `journal/`.";
  let report: AuditReport;
  try {
    const why = noStore(directory);
    if (why !== undefined) throw new Exit("data", why, remedy);
    report = audit(new NodeDisk(), realClock, realRandom(), directory);
  } catch (cause) {
    if (cause instanceof VersionFault)
      throw new Exit("data", cause.message, "Audit it with the version of Chappe that wrote it.", cause);
    const known = cause instanceof Fault || (cause instanceof Error && "syscall" in cause);
    if (!known) throw cause;
    throw new Exit("data", `${directory} cannot be read: ${cause.message}`, remedy, cause);
  }
  return { text: asJson ? `${JSON.stringify(report)}\n` : auditText(report), sound: report.sound };
}
