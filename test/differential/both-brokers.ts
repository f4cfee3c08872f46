// Our broker and a real nats-server, side by side; neither is left running when the other does not start.
import {
  type BrokerProcess,
  type BrokerProgram,
  brokerPrograms,
  startBrokerProcess,
} from "../support/broker-process.ts";

const [ours, real] = brokerPrograms() as [BrokerProgram, BrokerProgram];

/** Why there is nothing to compare with, or false. */
export const skip = real.skip;

/** Calls `use` with both, ours first, and stops them afterwards whatever happened. */
export async function withBoth<T>(
  [ourConfig, realConfig]: readonly [string, string],
  use: (mine: BrokerProcess, theirs: BrokerProcess) => Promise<T>,
): Promise<T> {
  const mine = await startBrokerProcess(ours, ourConfig);
  try {
    const theirs = await startBrokerProcess(real, realConfig);
    try {
      return await use(mine, theirs);
    } finally {
      await theirs.stop();
    }
  } finally {
    await mine.stop();
  }
}
