import assert from "node:assert/strict";
import { test } from "node:test";
import type { Socket } from "../ports/network.ts";
import { Parser } from "../wire/parser.ts";
import { Intake } from "./intake.ts";

/** A parser whose PINGs are counted, and an intake that waits at the PINGs numbered in `waits`. */
function anIntake(waits: readonly number[]): { intake: Intake; pings: () => number; reading: () => boolean } {
  let pings = 0;
  let reading = true;
  const handler = {
    onConnect: () => undefined,
    onPublishSubject: (subject: string) => subject,
    onPub: () => undefined,
    onOversize: () => undefined,
    onSub: () => undefined,
    onUnsub: () => undefined,
    onPing: () => {
      pings++;
      if (waits.includes(pings)) intake.wait();
    },
    onPong: () => undefined,
    onPeerError: () => undefined,
    onViolation: () => assert.fail("no violation"),
    mayStart: () => true,
  };
  const parser = new Parser(handler, { maxControlLine: 100, maxPayload: 100, headersAllowed: false });
  const socket = {
    pause: () => {
      reading = false;
    },
    resume: () => {
      reading = true;
    },
  } as unknown as Socket;
  const intake = new Intake(socket, parser);
  return { intake, pings: () => pings, reading: () => reading };
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

test("what came behind a command that waits is parsed when it goes on, in order and whole", () => {
  const { intake, pings, reading } = anIntake([2]);

  intake.feed(bytes("PING\r\nPING\r\nPING\r\nPI"));
  intake.feed(bytes("NG\r\n"));
  const meanwhile = [pings(), reading()];
  intake.goOn();

  assert.deepEqual(meanwhile, [2, false]);
  assert.deepEqual([pings(), reading()], [4, true]);
});

test("it goes on when nobody has it wait any more", () => {
  const { intake, pings, reading } = anIntake([]);
  intake.wait();
  intake.wait();

  intake.feed(bytes("PING\r\n"));
  intake.goOn();
  const halfway = [pings(), reading()];
  intake.goOn();

  assert.deepEqual(halfway, [0, false]);
  assert.deepEqual([pings(), reading()], [1, true]);
});

test("what was held may make it wait again", () => {
  const { intake, pings } = anIntake([1, 2]);

  intake.feed(bytes("PING\r\nPING\r\nPING\r\n"));
  intake.goOn();
  const second = pings();
  intake.goOn();

  assert.equal(second, 2);
  assert.equal(pings(), 3);
});

test("of a peer that is gone nothing more is parsed", () => {
  const { intake, pings } = anIntake([1]);

  intake.feed(bytes("PING\r\nPING\r\n"));
  intake.drop();
  intake.goOn();

  assert.equal(pings(), 1);
});

test("a chunk is parsed in portions, and what comes later waits behind it", () => {
  const { intake, pings, reading } = anIntake([]);
  const counts: number[] = [];
  intake.portion = 8;

  const chunk = bytes("PING\r\nPING\r\nPING\r\n");
  intake.feed(chunk);
  chunk.fill("x");
  intake.feed(bytes("PING\r\n"));
  for (let i = 0; i < 3; i++) {
    counts.push(pings());
    intake.wait();
    intake.goOn();
  }

  assert.deepEqual([...counts, pings(), intake.takeParsed()], [1, 2, 4, 4, 24]);
  assert.deepEqual([intake.hasRest, reading()], [false, true]);
});
