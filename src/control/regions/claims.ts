// A cell's accounts, kept over a line of its system account: push, look up, delete claims; see and cut connections;
// purge what is stored. It asks only what every operator-mode NATS server answers.

import { Fault } from "../../base/assert.ts";
import {
  type Answer,
  readAccountIds,
  readAnswer,
  readApiError,
  readConnections,
  readIdentity,
  readStoredBytes,
} from "./answers.ts";
import type { CellConnection, CellLink } from "./cell-link.ts";
import type { SystemLine } from "./system-line.ts";

/** A server looks up an account it has not loaded for 1.9 s before it answers. [nats-server accounts.go fetchTimeout] */
const answerWindowMs = 5_000;
/** Purging deletes files before it answers. */
const purgeWindowMs = 30_000;
const connectionsPage = 512;
/** An account with more live connections than this is closed in several rounds. */
const connectionsMost = 65_536;

const triesMost = 3;

/** Opens or hands out the line to the cell; rejects with a Fault while the cell cannot be reached. */
export type LineSource = () => Promise<SystemLine>;

export class Claims implements CellLink {
  readonly #line: LineSource;
  /** How many servers the cell has: so many answers are waited for, and at least one. */
  readonly #servers: number;

  constructor(line: LineSource, servers = 1) {
    this.#line = line;
    this.#servers = servers;
  }

  async push(accountJwt: string): Promise<void> {
    const subject = "$SYS.REQ.CLAIMS.UPDATE";
    for (const answer of await this.#answers(subject, accountJwt)) refuseError(subject, answer);
  }

  async lookup(accountId: string): Promise<string | undefined> {
    const texts = await this.#ask(`$SYS.REQ.ACCOUNT.${accountId}.CLAIMS.LOOKUP`, "");
    // Servers that disagree hold nothing that could be relied on: the caller pushes again.
    const [first, ...others] = texts.map((text) => text.toString("latin1"));
    return first === "" || others.some((other) => other !== first) ? undefined : first;
  }

  async list(): Promise<readonly string[]> {
    const subject = "$SYS.REQ.CLAIMS.LIST";
    const ids = new Set<string>();
    for (const answer of await this.#answers(subject, "")) {
      refuseError(subject, answer);
      for (const id of readAccountIds(answer.data)) ids.add(id);
    }
    return [...ids];
  }

  async connections(accountId: string): Promise<readonly CellConnection[]> {
    const found: CellConnection[] = [];
    const identities = await this.#ask("$SYS.REQ.SERVER.PING.IDZ", "");
    for (const identity of identities) await this.#connectionsOn(readIdentity(identity).id, accountId, found);
    return found;
  }

  async kick(connection: CellConnection): Promise<void> {
    const subject = `$SYS.REQ.SERVER.${connection.server}.KICK`;
    // An error says that there is no such connection any more: what was wanted.
    await this.#answersOf(1, subject, JSON.stringify({ cid: connection.cid }));
  }

  async purge(accountId: string): Promise<void> {
    const subject = `$JS.API.ACCOUNT.PURGE.${accountId}`;
    const answers = await this.#askLine(subject, "", purgeWindowMs, 1);
    // Nobody listens for it: a cell without JetStream.
    if (answers === "nobody") return;
    const [answer] = answers;
    if (answer === undefined) throw new Fault(`ask ${subject}: no server of the cell answers`);
    const error = readApiError(answer, subject);
    if (error !== undefined) throw new Fault("purge the account", { cause: new Error(error), accountId });
  }

  async storedBytes(accountId: string): Promise<number> {
    const subject = "$SYS.REQ.SERVER.PING.JSZ";
    let bytes = 0;
    for (const answer of await this.#answers(
      subject,
      JSON.stringify({ account: accountId, accounts: true }),
    )) {
      refuseError(subject, answer);
      bytes += readStoredBytes(answer.data, accountId);
    }
    return bytes;
  }

  async remove(claim: string): Promise<void> {
    const subject = "$SYS.REQ.CLAIMS.DELETE";
    for (const answer of await this.#answers(subject, claim)) {
      // A server may refuse to delete what it does not have; then it has been done before.
      if (answer.error !== undefined && !(await this.#areGone(claim))) refuseError(subject, answer);
    }
  }

  async #areGone(claim: string): Promise<boolean> {
    for (const id of accountsNamedIn(claim)) {
      if ((await this.lookup(id)) !== undefined) return false;
    }
    return true;
  }

  async #connectionsOn(server: string, accountId: string, found: CellConnection[]): Promise<void> {
    const subject = `$SYS.REQ.SERVER.${server}.CONNZ`;
    for (let offset = 0; offset < connectionsMost; offset += connectionsPage) {
      const options = { acc: accountId, auth: true, sort: "cid", limit: connectionsPage, offset };
      const [answer] = await this.#answersOf(1, subject, JSON.stringify(options));
      refuseError(subject, answer!);
      const { rows, total } = readConnections({ ...answer!, server });
      found.push(...rows);
      if (rows.length === 0 || offset + rows.length >= total) return;
    }
  }

  #answers(subject: string, body: string): Promise<readonly Answer[]> {
    return this.#answersOf(this.#servers, subject, body);
  }

  async #answersOf(servers: number, subject: string, body: string): Promise<readonly Answer[]> {
    return (await this.#ask(subject, body, servers)).map((bytes) => readAnswer(bytes, subject));
  }

  async #ask(subject: string, body: string, servers = this.#servers): Promise<readonly Buffer[]> {
    const answers = await this.#askLine(subject, body, answerWindowMs, servers);
    if (answers === "nobody" || answers.length === 0) {
      throw new Fault(`ask ${subject}: no server of the cell answers`);
    }
    return answers;
  }

  /** A line that breaks under a question is replaced and the question put again: all of them may be repeated. */
  async #askLine(
    subject: string,
    body: string,
    windowMs: number,
    servers: number,
  ): Promise<readonly Buffer[] | "nobody"> {
    for (let tries = 1; ; tries++) {
      const line = await this.#line();
      try {
        return await line.ask(subject, body, windowMs, (sofar) => sofar.length >= servers);
      } catch (error) {
        if (!(error instanceof Fault) || line.isOpen || tries >= triesMost) throw error;
      }
    }
  }
}

function refuseError(subject: string, answer: Answer): void {
  if (answer.error !== undefined) {
    throw new Fault(`ask ${subject}`, { cause: new Error(answer.error), server: answer.server });
  }
}

/** The accounts that a deletion names: our own text, just signed, so its shape is known. */
function accountsNamedIn(claim: string): readonly string[] {
  const body = JSON.parse(Buffer.from(claim.split(".")[1] ?? "", "base64url").toString()) as {
    readonly nats?: { readonly accounts?: readonly string[] };
  };
  return body.nats?.accounts ?? [];
}
