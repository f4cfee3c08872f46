// Waits until a server accepts connections and has said its first words.
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const triesMax = 500;
const betweenMs = 10;

export async function connectable(port: number, host = "127.0.0.1"): Promise<void> {
  for (let tried = 0; tried < triesMax; tried++) {
    if (await greets(port, host)) return;
    await pause(betweenMs);
  }
  throw new Error(`nothing answers on ${host}:${port}`);
}

function greets(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
