// What a peer says and what it is told, line by line in the log, while tracing is on. Costs a look at `on` while it is
// off. [nats-server client.go traceInOp, traceOutOp, traceMsgInternal]

import type { Trace } from "../ports/trace.ts";
import { fromWire } from "../subject/subject.ts";
import type { Publish } from "../wire/command.ts";
import { quote } from "../wire/quote.ts";

export interface TranscriptSettings {
  /** Bytes of a message that are shown; 0 for all. */
  readonly payloadMax: number;
  /** Of messages only the headers are shown. */
  readonly headersOnly: boolean;
}

type Direction = "<<-" | "->>" | "<->";

/** What follows a password's or a token's name, and what follows a signature's. nats-server shows JWTs; bearers are secrets too. */
const passwords = /((?:auth_token|pass)[^\s:=,]{0,64}\s*[:=]\s*"?)[^",\r\n}]*/g;
const signatures = /((?:^|[^A-Za-z0-9_])(?:proxy_sig|nkey|sig|jwt)"?\s*[:=]\s*"?)[^",\r\n}]*/g;

export class Transcript {
  readonly #trace: Trace;
  readonly #nameOfPeer: () => string;
  #settings: TranscriptSettings | undefined;

  /** @param nameOfPeer what its lines begin with */
  constructor(trace: Trace, nameOfPeer: () => string, settings: TranscriptSettings | undefined) {
    this.#trace = trace;
    this.#nameOfPeer = nameOfPeer;
    this.#settings = settings;
  }

  get on(): boolean {
    return this.#settings !== undefined;
  }

  /** From now on as the settings say; undefined turns it off. */
  follow(settings: TranscriptSettings | undefined): void {
    this.#settings = settings;
  }

  connect(json: Buffer): void {
    if (!this.on) return;
    this.heard(
      `CONNECT ${json.latin1Slice().replace(passwords, "$1[REDACTED]").replace(signatures, "$1[REDACTED]")}`,
    );
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    if (this.on) this.heard(queue === undefined ? `SUB ${subject} ${sid}` : `SUB ${subject} ${queue} ${sid}`);
  }

  unsubscribe(sid: string, max: number): void {
    if (this.on) this.heard(max > 0 ? `UNSUB ${sid} ${max}` : `UNSUB ${sid}`);
  }

  publish(publish: Publish): void {
    if (!this.on) return;
    const { subject, reply, headerBytes, start, end, body } = publish;
    const to = reply === undefined ? subject : `${subject} ${reply}`;
    this.heard(headerBytes > 0 ? `HPUB ${to} ${headerBytes} ${end - start}` : `PUB ${to} ${end - start}`);
    this.#message("<<-", body, headerBytes);
  }

  /** A command without the end of its line, in wire text. */
  heard(command: string): void {
    if (this.on) this.#write("<<-", `[${fromWire(command)}]`);
  }

  told(command: string): void {
    if (this.on) this.#write("->>", `[${fromWire(command)}]`);
  }

  /** @param line the message's control line, its end included */
  delivered(line: string, body: Buffer, headerBytes: number): void {
    if (!this.on) return;
    this.told(line.slice(0, -2));
    this.#message("->>", body, headerBytes);
  }

  /** A subscription is gone, whoever ended it. */
  forgotten(sid: string): void {
    if (this.on) this.#write("<->", `[DELSUB ${fromWire(sid)}]`);
  }

  #message(direction: Direction, body: Buffer, headerBytes: number): void {
    const { payloadMax, headersOnly } = this.#settings!;
    // The blank line that ends headers is not shown when they stand alone.
    const length = headersOnly ? headerBytes - 4 : body.length;
    if (length <= 0) return;
    const cut = payloadMax > 0 && length > payloadMax;
    const text = quote(body.latin1Slice(0, cut ? payloadMax : length));
    this.#write(direction, `MSG_PAYLOAD: [${fromWire(cut ? `${text.slice(0, -1)}..."` : text)}]`);
  }

  #write(direction: Direction, text: string): void {
    this.#trace.log("trace", `${this.#nameOfPeer()} - ${direction} ${text}`);
  }
}
