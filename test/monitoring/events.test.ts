// What the server tells of without being asked: the same story on both servers, told in the same events.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { accountsConfig, lasting, type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");

describe("events beside a real nats-server", { skip }, () => {
  let ours: Side;
  let theirs: Side;

  before(async () => {
    [ours, theirs] = await startBoth(accountsConfig);
  });
  after(async () => {
    await Promise.all([ours?.stop(), theirs?.stop()]);
  });

  /** Plays a story and answers the first event of each subject that it must bring. */
  const told = async (
    side: Side,
    play: (side: Side) => Promise<void>,
    subjects: readonly string[],
  ): Promise<unknown> => {
    const watcher = await side.client({ user: "sys", pass: "secret-of-sys", name: "watcher" });
    watcher.send("SUB $SYS.ACCOUNT.> 1\r\nSUB $SYS.SERVER.> 2\r\n");
    await watcher.sync();
    await play(side);
    const found: Record<string, unknown> = {};
    for (const subject of subjects) {
      const wanted = subject.replace("ID", side.id);
      await watcher.until(() => eventsTo(watcher, wanted).length > 0, `${subject} on ${side.url}`);
      found[subject] = lasting(eventsTo(watcher, wanted)[0]);
    }
    watcher.close();
    return found;
  };

  const compare = async (play: (side: Side) => Promise<void>, subjects: readonly string[]): Promise<void> => {
    const [mine, real] = [await told(ours, play, subjects), await told(theirs, play, subjects)];
    // Whoever never answers a PING has a round trip time there all the same: how long CONNECT took to come.
    const text = (value: unknown): string =>
      JSON.stringify(value, (key, each: unknown) => (key === "rtt" ? undefined : each), 1);
    assert.equal(text(mine), text(real));
  };

  test("a client that comes is told of, and how many the account has now", async () => {
    await compare(
      async (side) =>
        void (await side.client({
          user: "b",
          pass: "secret-of-b",
          name: "comes",
          lang: "raw",
          version: "0",
        })),
      ["$SYS.ACCOUNT.B.CONNECT", "$SYS.ACCOUNT.B.SERVER.CONNS", "$SYS.SERVER.ACCOUNT.B.CONNS"],
    );
  });

  test("a client that goes is told of, with what it sent and received", async () => {
    const play = async (side: Side): Promise<void> => {
      const peer = await side.client({ user: "a", pass: "secret-of-a", name: "goes" });
      peer.send("SUB own 1\r\nPUB own 5\r\nhello\r\n");
      await peer.sync();
      peer.send("NONSENSE\r\n");
      await peer.ended();
    };

    await compare(play, ["$SYS.ACCOUNT.A.DISCONNECT"]);
  });

  test("a client that is turned away is told of", async () => {
    const play = async (side: Side): Promise<void> => {
      const peer = await side.stranger({ user: "a", pass: "wrong", name: "burglar", lang: "raw" });
      await peer.ended();
    };

    await compare(play, ["$SYS.SERVER.ID.CLIENT.AUTH.ERR"]);
  });

  test("statistics come by themselves", async () => {
    const play = async (): Promise<void> => {};
    const keys = async (side: Side): Promise<unknown> => {
      const events = (await told(side, play, ["$SYS.SERVER.ID.STATSZ"])) as Record<
        string,
        { statsz: object }
      >;
      const { statsz } = events["$SYS.SERVER.ID.STATSZ"]!;
      return Object.entries(statsz).map(([key, value]) => `${key}: ${typeof value}`);
    };

    assert.deepEqual(await keys(ours), await keys(theirs));
  });

  test("a server that goes says so, softly and for good", async () => {
    const end = async (side: Side): Promise<unknown> => {
      const watcher = await side.client({ user: "sys", pass: "secret-of-sys" });
      watcher.send("SUB $SYS.SERVER.> 2\r\n");
      await watcher.sync();
      process.kill(side.broker.pid, "SIGTERM");
      await watcher.ended();
      return lasting(eventsTo(watcher, `$SYS.SERVER.${side.id}.SHUTDOWN`)[0]);
    };

    assert.equal(JSON.stringify(await end(ours)), JSON.stringify(await end(theirs)));
  });
});

/** The payloads of complete messages to a subject. */
function eventsTo(peer: RawPeer, subject: string): unknown[] {
  const found: unknown[] = [];
  const { heard } = peer;
  for (let at = heard.indexOf(`MSG ${subject} `); at !== -1; at = heard.indexOf(`MSG ${subject} `, at + 1)) {
    const end = heard.indexOf("\r\n", at);
    const size = Number(heard.slice(at, end).split(" ").at(-1));
    const payload = heard.slice(end + 2, end + 2 + size);
    if (end !== -1 && payload.length === size)
      found.push(JSON.parse(Buffer.from(payload, "latin1").toString()));
  }
  return found;
}
