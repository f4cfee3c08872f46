// Ten minutes of everything at once against bin/nats-server: steady traffic that must arrive whole, connections coming
// and going, subscriptions churning, reloads, peers that do not read. SOAK_MINUTES=1 makes it shorter.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect as dial, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";

const minutes = Number(process.env.SOAK_MINUTES ?? 10);
const pairs = 6;
const groupMembers = 4;
const reloadEveryMs = 5_000;
const sampleEveryMs = 2_000;
/** Growth of resident memory between the middle and the end that is not called flat. */
const growthShare = 0.15;
const config = `
  authorization { users: [ { user: load, password: load }, { user: churn, password: churn } ] }
  max_payload: 64KB
  max_pending: 4MB
  ping_interval: "20s"`;

interface Tally {
  sent: number;
  heard: number;
  bad: number;
}

let running = true;

/** Numbered messages from one connection to another: each must arrive, once, in order. */
async function steady(url: string, pair: number, tally: Tally): Promise<NatsConnection[]> {
  const subscriber = await connect({ servers: url, user: "load", pass: "load" });
  const publisher = await connect({ servers: url, user: "load", pass: "load" });
  const subject = `steady.${pair}.${pair % 2 === 0 ? "literal" : "wild"}`;
  let expected = 0;
  subscriber.subscribe(pair % 2 === 0 ? subject : `steady.${pair}.*`, {
    callback: (_error, message) => {
      if (Number(message.string()) !== expected++) tally.bad++;
      tally.heard++;
    },
  });
  await subscriber.flush();
  void (async () => {
    for (let i = 0; running; i++) {
      publisher.publish(subject, String(i));
      tally.sent++;
      if (i % 200 === 199) {
        await publisher.flush();
        await pause(5);
      }
    }
  })();
  return [subscriber, publisher];
}

/** Requests to a queue group: each must be answered by exactly one member. */
async function requests(url: string, tally: Tally): Promise<NatsConnection[]> {
  const members = await Promise.all(
    Array.from({ length: groupMembers }, () => connect({ servers: url, user: "load", pass: "load" })),
  );
  for (const member of members) {
    member.subscribe("work", {
      queue: "workers",
      callback: (_error, message) => void message.respond(message.data),
    });
    await member.flush();
  }
  const asker = await connect({ servers: url, user: "load", pass: "load" });
  void (async () => {
    for (let i = 0; running; i++) {
      tally.sent++;
      const answer = await asker.request("work", String(i), { timeout: 20_000 });
      if (answer.string() === String(i)) tally.heard++;
      else tally.bad++;
    }
  })();
  return [...members, asker];
}

/** Connections that come, subscribe to many things, unsubscribe, publish, and go politely or not. */
async function churn(port: number): Promise<void> {
  for (let i = 0; running; i++) {
    const socket = await raw(port, "churn");
    const subjects = Array.from({ length: 50 }, (_, n) => `churn.${i % 10}.${n % 7 === 0 ? "*" : n}`);
    socket.write(subjects.map((subject, n) => `SUB ${subject} ${n}\r\n`).join(""));
    socket.write(
      subjects.map((subject, n) => `PUB ${subject.replace("*", "x")} 4\r\nabcd\r\nUNSUB ${n} 3\r\n`).join(""),
    );
    await pause(5);
    if (i % 3 === 0) socket.resetAndDestroy();
    else socket.end();
  }
}

/** Peers that subscribe to a flood and never read: they must be cut, and nobody else slowed for good. */
async function slow(port: number): Promise<void> {
  while (running) {
    const victim = await raw(port, "churn");
    victim.write("SUB flood 1\r\n");
    victim.pause();
    const flooder = await raw(port, "churn");
    const chunk = `PUB flood 32768\r\n${"f".repeat(32_768)}\r\n`;
    for (let i = 0; i < 400 && running; i++) {
      if (!flooder.write(chunk)) await new Promise((resolve) => flooder.once("drain", resolve));
    }
    flooder.destroy();
    victim.destroy();
    await pause(500);
  }
}

function raw(port: number, user: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial({ port, host: "127.0.0.1" });
    socket.once("data", () => {
      socket.write(`CONNECT {"verbose":false,"pedantic":false,"user":"${user}","pass":"${user}"}\r\n`);
      socket.on("data", () => undefined);
      resolve(socket);
    });
    socket.on("error", reject);
  });
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

test(`${minutes} minutes of mixed load lose nothing and leave nothing behind`, {
  timeout: (minutes + 3) * 60_000,
}, async () => {
  const broker = await startBrokerProcess(brokerPrograms()[0]!, config);
  const url = `nats://127.0.0.1:${broker.port}`;
  await pause(500);
  const before = descriptors(broker.pid);
  const tallies = Array.from({ length: pairs + 1 }, (): Tally => ({ sent: 0, heard: 0, bad: 0 }));
  const connections = (await Promise.all(tallies.slice(1).map((tally, i) => steady(url, i, tally)))).flat();
  connections.push(...(await requests(url, tallies[0]!)));
  const others = [churn(broker.port), churn(broker.port), slow(broker.port)];
  const reload = setInterval(() => process.kill(broker.pid, "SIGHUP"), reloadEveryMs);
  const samples: number[] = [];
  const sampler = setInterval(() => samples.push(residentBytes(broker.pid)), sampleEveryMs);

  await pause(minutes * 60_000);
  running = false;
  clearInterval(reload);
  clearInterval(sampler);
  await Promise.all(others);
  await Promise.all(connections.map((connection) => connection.flush()));
  await pause(500);
  for (const connection of connections) await connection.close();
  await pause(2_000);

  const half = samples.slice(samples.length >> 1);
  const edge = Math.max(1, half.length >> 2);
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const [middle, end] = [mean(half.slice(0, edge)), mean(half.slice(-edge))];
  const after = descriptors(broker.pid);
  const sent = tallies.reduce((sum, tally) => sum + tally.sent, 0);
  console.log(
    `soak: ${sent} messages; memory ${(middle / 1e6).toFixed(0)} → ${(end / 1e6).toFixed(0)} MB; descriptors ${before} → ${after}`,
  );
  for (const [i, tally] of tallies.entries())
    assert.deepEqual([tally.heard, tally.bad], [tally.sent, 0], `stream ${i}`);
  assert.ok(end < middle * (1 + growthShare), `${middle} → ${end}`);
  assert.equal(after, before);
  await broker.stop("SIGTERM");
});
