// What an account offers to others, and to whom. [nats-server accounts.go checkStreamExportApproved,
// checkServiceExportApproved, checkAuth]

import { isSubset } from "../subject/pattern.ts";
import { tokens } from "../subject/subject.ts";

/** Who may import. */
export interface Grant {
  /** Names of accounts; undefined: everybody. */
  readonly accounts: ReadonlySet<string> | undefined;
  /** Only with an activation token. */
  readonly tokenRequired: boolean;
  /** The token of the subject, counted from 1, that must be the importer's name; 0: none. */
  readonly accountPosition: number;
  /** By account key or "*": activations issued at that second or before are void. */
  readonly revocations: ReadonlyMap<string, number>;
}

export type ResponseType = "singleton" | "stream" | "chunked";

export interface Latency {
  /** Where results are published, in the exporting account. */
  readonly subject: string;
  /** Percent; 0: as the request's headers ask for. */
  readonly sampling: number;
}

export interface StreamExport extends Grant {
  readonly subject: string;
}

export interface ServiceExport extends Grant {
  readonly subject: string;
  readonly responseType: ResponseType;
  /** How long a response may keep its requester waiting. */
  readonly thresholdMs: number;
  readonly latency: Latency | undefined;
  readonly allowTrace: boolean;
}

/** Who asks to import: its name, and a way to judge its activation token by an export's revocations. */
export interface Applicant {
  readonly name: string;
  activated(revocations: ReadonlyMap<string, number>): boolean;
}

export class Exports {
  readonly #streams = new Map<string, StreamExport>();
  readonly #services = new Map<string, ServiceExport>();

  /** Texts are wire text. Of two exports of one subject, the later counts. */
  constructor(streams: readonly StreamExport[] = [], services: readonly ServiceExport[] = []) {
    for (const stream of streams) this.#streams.set(stream.subject, stream);
    for (const service of services) this.#services.set(service.subject, service);
  }

  /** Whether all that a subject or pattern stands for is exported as a stream. */
  coversStream(subject: string): boolean {
    return covering(this.#streams, subject) !== undefined;
  }

  service(subject: string): ServiceExport | undefined {
    return covering(this.#services, subject);
  }

  admitsStream(subject: string, applicant: Applicant): boolean {
    return admits(covering(this.#streams, subject), subject, applicant);
  }

  admitsService(subject: string, applicant: Applicant): boolean {
    return admits(covering(this.#services, subject), subject, applicant);
  }
}

/** The export that a subject falls under: itself, or the first pattern that covers it. */
function covering<E extends StreamExport>(exports: ReadonlyMap<string, E>, subject: string): E | undefined {
  const exact = exports.get(subject);
  if (exact !== undefined) return exact;
  for (const found of exports.values()) if (isSubset(subject, found.subject)) return found;
  return undefined;
}

function admits(found: StreamExport | undefined, subject: string, applicant: Applicant): boolean {
  if (found === undefined) return false;
  if (found.accountPosition > 0) {
    // The very pattern that is exported leaves the place open.
    return subject !== found.subject && tokens(subject)[found.accountPosition - 1] === applicant.name;
  }
  if (found.tokenRequired) return applicant.activated(found.revocations);
  return found.accounts === undefined || found.accounts.has(applicant.name);
}
