// Where requests leave an account for services of other accounts, and where the responses come back.
// [nats-server client.go processServiceImport, accounts.go processServiceImportResponse]

import { matches } from "../subject/pattern.ts";
import { isLiteral } from "../subject/subject.ts";
import { appendHeader, removeHeader } from "../wire/headers.ts";
import type { Account } from "./account.ts";
import type { ServiceExport } from "./exports.ts";
import { type Measurement, measure, tellResult } from "./latency.ts";
import { type Crossing, empty, Message } from "./message.ts";
import { Patience } from "./patience.ts";
import { requestInfoText, withRequestInfo } from "./request-info.ts";
import { Response, type ResponseKeeper } from "./response.ts";
import { type Standing, type Subscriber, Subscription } from "./subscription.ts";
import { traceDestinationHeader, traceDisabled } from "./trace.ts";

/** What a service import says of itself. */
export interface Service {
  readonly destination: Exchange;
  /** Undefined where the exporter has none, which happens to the server's own imports only. */
  readonly export: ServiceExport | undefined;
  /** Whether the service is told everything about who asks. */
  readonly share: boolean;
  /** The subject in the exporting account. */
  subjectFor(subject: string): string;
}

/** Responses that may be under way from one account; beyond that the oldest are given up. */
const responsesMax = 131_072;
/** Imports that one message may go through, one after another. */
const depthMax = 256;
/** And in all: accounts that all import from one another lead by more ways than there is time for. */
export const crossingsMax = 1_024;
const thresholdMsDefault = 120_000;
const replyLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const replyLettersCount = 6;
/** Acknowledgements keep their names wherever they go: pull consumers are answered by them. */
const acknowledgements = "$JS.ACK.";

export class Exchange implements Subscriber, ResponseKeeper {
  readonly remembersReplies = false;
  readonly account: Account;
  /** Responses that this account's services owe, by the name they answer to; oldest first. */
  readonly #owed = new Map<string, Response<Exchange>>();
  /** Responses that this account's requesters wait for, by their own reply subject. */
  readonly #awaited = new Map<string, Set<Response<Exchange>>>();
  readonly #patience = new WeakMap<ServiceExport, Patience>();
  #prefix = "";
  #unnamed: Patience | undefined;

  constructor(account: Account) {
    this.account = account;
  }

  /** Responses that this account's services owe. */
  get owedCount(): number {
    return this.#owed.size;
  }

  /** Hands a request to a service of another account; answers whether anybody there took it. */
  request(message: Message, service: Service): boolean {
    const { destination, share } = service;
    if (!mayCross(message, service.export)) return false;
    const { trace, reply } = message;
    const measurement = measure(service.export?.latency, message, destination.account, share);
    const response = reply === undefined ? undefined : this.#expect(reply, service, measurement);
    if (reply === undefined && measurement !== undefined) tellResult(measurement, { status: 400 });

    const to = destination.account.mapped(service.subjectFor(message.subject));
    const info = this.#infoOf(message, service);
    const next = crossed(message, to, response?.name ?? reply, {
      service: service.export,
      share,
      info,
      previous: message.crossing,
      depth: (message.crossing?.depth ?? 0) + 1,
    });
    if (info !== undefined) inform(next, requestInfoText(info));
    const allowed = destination.#traced(message, next, service.export?.allowTrace ?? false);
    const reached = allowed ? destination.account.publish(next) : 0;
    if (trace?.only) response?.end("answered");
    else if (reached === 0) response?.end("nobody");
    return reached > 0;
  }

  /** A service answers. */
  deliver(message: Message, _subscription: Subscription): boolean {
    const response = this.#owed.get(message.subject);
    if (response !== undefined) this.#respond(message, response);
    return true;
  }

  standing(): Standing {
    return "each";
  }

  /** Somebody in this account no longer listens to `pattern`: nobody waits for the responses that only it would have heard. */
  interestLost(pattern: string): void {
    if (this.#awaited.size === 0) return;
    if (isLiteral(pattern)) return this.#giveUp(pattern);
    for (const reply of [...this.#awaited.keys()]) if (matches(pattern, reply)) this.#giveUp(reply);
  }

  discard(response: Response<Exchange>): void {
    this.#owed.delete(response.name);
    response.destination.#settled(response);
  }

  #respond(message: Message, response: Response<Exchange>): void {
    if (!mayCross(message, response.service)) return;
    const { destination } = response;
    const { reply } = message;
    // A response may ask for an answer itself: the requester's goes the way back.
    const service = { destination, export: undefined, share: response.share };
    const back = reply === undefined ? undefined : this.#expect(reply, service, undefined, response);
    const to = destination.account.mapped(response.reply);
    const next = crossed(message, to, back?.name ?? reply, {
      service: response.service,
      share: response.share,
      info: undefined,
      previous: message.crossing,
      depth: (message.crossing?.depth ?? 0) + 1,
    });
    const first = !response.answered;
    response.answered = true;
    const reached = destination.#traced(message, next, false) ? destination.account.publish(next) : 0;
    if (first) response.answeredBy(message.origin);
    if (reached === 0) back?.end("nobody");
    if (reached === 0 || response.type === "singleton" || message.body.length === 0) response.end("answered");
    else response.goOn();
  }

  /** Gives the service a name to answer to; undefined where the reply keeps its own. */
  #expect(
    reply: string,
    { destination, export: service, share }: Omit<Service, "subjectFor">,
    measurement: Measurement | undefined,
    cause?: Response<Exchange>,
  ): Response<Exchange> | undefined {
    if (reply.startsWith(acknowledgements)) return undefined;
    const type = cause?.type ?? service?.responseType ?? "singleton";
    const response = new Response<Exchange>(destination, this, {
      name: destination.#newName(),
      reply,
      service: cause?.service ?? service,
      type,
      share,
      measurement: type === "singleton" ? measurement : undefined,
      patience: cause?.patience ?? destination.#patienceFor(service),
    });
    destination.#owe(response);
    const waiting = this.#awaited.get(reply);
    if (waiting === undefined) this.#awaited.set(reply, new Set([response]));
    else waiting.add(response);
    return response;
  }

  #owe(response: Response<Exchange>): void {
    if (this.#owed.size >= responsesMax)
      for (const oldest of this.#owed.values()) {
        oldest.end("expired");
        break;
      }
    this.#owed.set(response.name, response);
  }

  #settled(response: Response<Exchange>): void {
    const waiting = this.#awaited.get(response.reply);
    if (waiting?.delete(response) && waiting.size === 0) this.#awaited.delete(response.reply);
  }

  #giveUp(reply: string): void {
    const waiting = this.#awaited.get(reply);
    if (waiting === undefined || this.account.hasInterest(reply)) return;
    for (const response of [...waiting]) response.end(response.answered ? "answered" : "interest lost");
  }

  #patienceFor(service: ServiceExport | undefined): Patience {
    const { clock } = this.account.surroundings;
    if (service === undefined) return (this.#unnamed ??= new Patience(clock, thresholdMsDefault));
    const known = this.#patience.get(service);
    if (known !== undefined) return known;
    const patience = new Patience(clock, service.thresholdMs);
    this.#patience.set(service, patience);
    return patience;
  }

  /** `_R_.prefix.name`, one that is not in use; the prefix is subscribed to from the first one on. */
  #newName(): string {
    if (this.#prefix === "") {
      this.#prefix = `_R_.${this.#letters()}.`;
      this.account.subscribe(new Subscription(`${this.#prefix}>`, undefined, "", this));
    }
    for (;;) {
      const name = this.#prefix + this.#letters();
      if (!this.#owed.has(name)) return name;
    }
  }

  #letters(): string {
    const bytes = this.account.surroundings.random.bytes(replyLettersCount);
    let text = "";
    for (const byte of bytes) text += replyLetters[byte % replyLetters.length];
    return text;
  }

  /** What the service is told of the requester: by the first import, and of this account if it only passes the request on. */
  #infoOf(message: Message, { destination, share }: Service): Record<string, unknown> | undefined {
    const { surroundings } = this.account;
    const previous = message.crossing;
    const server = { server: surroundings.serverName };
    const toSystem = surroundings.isSystem(destination.account);
    if (previous?.info !== undefined) {
      const completed = !previous.share && (share || toSystem);
      return { ...previous.info, svc: this.account.name, ...(completed ? server : {}) };
    }
    const detailed = previous === undefined ? share : previous.share;
    const info = message.origin === undefined ? undefined : surroundings.describe(message.origin, detailed);
    if (info === undefined) return undefined;
    return detailed || toSystem ? { ...info, ...server } : info;
  }

  /** Writes the crossing into the trace. Answers false when the message may not come here at all. */
  #traced(message: Message, next: Message, allowTrace: boolean): boolean {
    const { trace } = message;
    if (trace === undefined) return true;
    trace.imported(this.account.name, message.subject, next.subject);
    if (!allowTrace) {
      next.trace = undefined;
      if (!trace.only) retarget(next, traceDisabled);
      return !trace.only;
    }
    // The trace itself goes to its destination in the account it began in; nobody here is told which that is.
    retarget(next, this.#newName());
    return true;
  }
}

/** Whether a message may go through a service's import: not where it came through already, and not without end. */
function mayCross({ crossing, journey }: Message, service: object | undefined): boolean {
  if (crossing !== undefined && crossing.depth >= depthMax) return false;
  if (journey !== undefined && journey.crossings >= crossingsMax) return false;
  for (let at = crossing; at !== undefined; at = at.previous) {
    if (service !== undefined && at.service === service) return false;
  }
  return true;
}

function crossed(message: Message, subject: string, reply: string | undefined, crossing: Crossing): Message {
  const next = new Message().set(subject, reply, message.headerBytes, message.body, message.origin);
  next.crossing = crossing;
  message.journey ??= { crossings: 0 };
  message.journey.crossings++;
  next.journey = message.journey;
  next.trace = message.trace;
  return next;
}

/** The trace header says this, and says it last. */
function retarget(message: Message, destination: string): void {
  rewrite(message, (block) =>
    appendHeader(removeHeader(block, traceDestinationHeader), traceDestinationHeader, destination),
  );
}

function inform(message: Message, info: string): void {
  rewrite(message, (block) => withRequestInfo(block, info));
}

function rewrite(message: Message, change: (block: Buffer) => Buffer): void {
  const { body, headerBytes } = message;
  const block = change(headerBytes === 0 ? empty : body.subarray(0, headerBytes));
  message.body = Buffer.concat([block, body.subarray(headerBytes)]);
  message.headerBytes = block.length;
}
