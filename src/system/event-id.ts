// What tells one event from another. [nuid]

import type { Random } from "../ports/random.ts";

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 22;

export function newEventId(random: Random): string {
  return Array.from(random.bytes(length), (byte) => letters[byte % letters.length]).join("");
}
