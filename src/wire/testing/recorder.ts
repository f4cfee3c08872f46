// A command handler that writes down what it is told, one line per call, so that two parsings can be compared.

import type { CommandHandler, Publish } from "../command.ts";
import type { Violation } from "../violation.ts";

export class Recorder implements CommandHandler {
  readonly calls: string[] = [];
  violation: Violation | undefined = undefined;

  onConnect(json: Buffer): void {
    this.calls.push(`connect ${json.toString("latin1")}`);
  }

  onPub(publish: Publish): void {
    const { subject, reply, headerBytes, body } = publish;
    this.calls.push(`pub ${subject}|${reply ?? ""}|${headerBytes}|${body.toString("latin1")}`);
  }

  onPublishSubject(subject: string): void {
    this.calls.push(`subject ${subject}`);
  }

  onOversize(): void {
    // What it is told depends on where reads end, which no comparison of parsings may.
  }

  onSub(subject: string, queue: string | undefined, sid: string): void {
    this.calls.push(`sub ${subject}|${queue ?? ""}|${sid}`);
  }

  onUnsub(sid: string, max: number): void {
    this.calls.push(`unsub ${sid}|${max}`);
  }

  onPing(): void {
    this.calls.push("ping");
  }

  onPong(): void {
    this.calls.push("pong");
  }

  onPeerError(text: string): void {
    this.calls.push(`error ${text}`);
  }

  onViolation(violation: Violation): void {
    this.violation = violation;
    this.calls.push(`violation ${violation.text ?? "silent"}`);
  }

  mayStart(): boolean {
    return true;
  }
}
