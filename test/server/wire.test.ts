// The client protocol of a live server, byte for byte: ours, and the real nats-server wherever one is found.
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { delivery } from "./wire/delivery.rows.ts";
import { grammar } from "./wire/grammar.rows.ts";
import { greeting } from "./wire/greeting.rows.ts";
import { withHeaders } from "./wire/headers.rows.ts";
import { limits } from "./wire/limits.rows.ts";
import { permissions } from "./wire/permissions.rows.ts";
import { servers } from "./wire/said.ts";
import { signIn } from "./wire/sign-in.rows.ts";
import { subjects } from "./wire/subjects.rows.ts";
import { play, type Row } from "./wire-table.ts";

const rows = [greeting, signIn, grammar, limits, subjects, delivery, withHeaders, permissions].flat();
const cutLengthMax = 500;

for (const program of brokerPrograms()) {
  describe(`the wire of ${program.name}`, { skip: program.skip }, () => {
    const running = new Map<string, BrokerProcess>();

    before(async () => {
      await Promise.all(
        Object.entries(servers).map(async ([name, config]) => {
          running.set(name, await startBrokerProcess(program, config));
        }),
      );
    });

    after(() => Promise.all([...running.values()].map((broker) => broker.stop())));

    const played = (row: Row): Row =>
      program.name === "ours" && row.oursHears !== undefined ? { ...row, hears: row.oursHears } : row;

    for (const row of rows) {
      const todo = program.name === "ours" ? row.oursFails : undefined;
      test(row.name, { todo }, () => play(played(row), running.get(row.on)!.port));
    }

    if (program.name !== "ours") return;
    // Where reads begin and end must not show. The real server reads a PUB line again when its payload is cut off, and
    // tells a pedantic peer twice. A connection that ends takes with it what the peer has not read yet, so those rows
    // are left to the parser's own tests.
    for (const row of rows.filter(({ says, closes }) => says.length < cutLengthMax && closes === undefined)) {
      test(`${row.name}, byte by byte`, { todo: row.oursFails }, () => {
        return play(played(row), running.get(row.on)!.port, { bytes: 1 });
      });
    }
  });
}
