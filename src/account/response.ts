// One response that is on its way back, or still to come: under the name that the service answers to, for whoever
// waits in another account. [nats-server accounts.go addRespServiceImport]

import type { ResponseType } from "./exports.ts";
import { type Measurement, tellResult } from "./latency.ts";
import type { Awaited, Patience } from "./patience.ts";

/** What is asked of whoever keeps responses: an account's exchange. */
export interface ResponseKeeper {
  /** Takes the response off the list of those that may come. */
  discard(response: Response): void;
}

export interface ResponseTerms {
  /** The subject that the service answers to. */
  readonly name: string;
  /** The requester's reply subject, in its own account. */
  readonly reply: string;
  /** The exported service; undefined where none is known. */
  readonly service: object | undefined;
  readonly type: ResponseType;
  readonly share: boolean;
  readonly measurement: Measurement | undefined;
  readonly patience: Patience;
}

export type Ending = "answered" | "nobody" | "expired" | "interest lost";

const statuses = { nobody: 503, expired: 504, "interest lost": 408 } as const;

export class Response<Keeper extends ResponseKeeper = ResponseKeeper> implements Awaited, ResponseTerms {
  readonly name: string;
  readonly reply: string;
  readonly service: object | undefined;
  readonly type: ResponseType;
  readonly share: boolean;
  readonly patience: Patience;
  /** The account of the service, where the answer is published. */
  readonly home: Keeper;
  /** The account of the requester. */
  readonly destination: Keeper;
  sinceMs = 0;
  /** Something came. */
  answered = false;
  #measurement: Measurement | undefined;

  constructor(home: Keeper, destination: Keeper, terms: ResponseTerms) {
    this.home = home;
    this.destination = destination;
    this.name = terms.name;
    this.reply = terms.reply;
    this.service = terms.service;
    this.type = terms.type;
    this.share = terms.share;
    this.patience = terms.patience;
    this.#measurement = terms.measurement;
    this.patience.await(this);
  }

  get measurement(): Measurement | undefined {
    return this.#measurement;
  }

  /** The first answer came from `responder`. */
  answeredBy(responder: object | undefined): void {
    this.answered = true;
    this.#tell({ status: 200, responder });
  }

  /** More of it came: there is time for more. */
  goOn(): void {
    this.patience.await(this);
  }

  expire(): void {
    this.end("expired");
  }

  end(ending: Ending): void {
    this.patience.forget(this);
    this.home.discard(this);
    if (ending !== "answered") this.#tell({ status: statuses[ending] });
  }

  /** A request is told of once. */
  #tell(result: Parameters<typeof tellResult>[1]): void {
    const measurement = this.#measurement;
    this.#measurement = undefined;
    if (measurement !== undefined) tellResult(measurement, result);
  }
}
