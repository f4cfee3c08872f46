// A neighbour that makes noise, as a process of its own: `noise.ts PORT KIND`. It says "loud" when it has begun, and on
// SIGTERM how many messages it got back, then ends.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [port, kind] = [Number(process.argv[2]), process.argv[3]];
const publish = `PUB noise 16\r\n${"x".repeat(16)}\r\n`;
const chunk = publish.repeat(2_000);
const subscriptions = kind === "fan-out" ? 300 : 1;
let received = 0;

async function dial(hello: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(hello);
  return socket;
}

const hello = 'CONNECT {"user":"a","pass":"p","verbose":false}\r\n';

async function publishFor(ever: true): Promise<void> {
  const socket = await dial(hello);
  socket.resume();
  while (ever && !socket.destroyed) if (!socket.write(chunk)) await once(socket, "drain");
}

/** Reads as fast as it can, and counts what begins with MSG by its length: all messages are alike. */
async function listen(): Promise<void> {
  const subjects = Array.from({ length: subscriptions }, (_, at) => `SUB noise ${at + 100}\r\n`);
  const socket = await dial(hello + subjects.join(""));
  const messageBytes = `MSG noise 100 16\r\n${"x".repeat(16)}\r\n`.length;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length / messageBytes;
  });
}

/** One sign-in after the other that fails. */
async function guessFor(ever: true): Promise<void> {
  while (ever) {
    const socket = await dial('CONNECT {"user":"a","pass":"wrong"}\r\n');
    socket.resume();
    await once(socket, "close");
  }
}

process.on("SIGTERM", () => {
  console.log(Math.round(received / subscriptions));
  process.exit(0);
});
if (kind === "guesses") {
  for (let i = 0; i < 50; i++) void guessFor(true);
} else {
  await listen();
  for (let i = 0; i < (kind === "fan-out" ? 1 : 4); i++) void publishFor(true);
}
console.log("loud");
