// The tables and the boundary that the unit suite tries on our own broker, on the real nats-server, which is here for sure.
import { needProgram } from "../support/programs.ts";

const real = needProgram("nats-server");
if (real.skip === false) {
  process.env.NATS_SERVER_BIN = real.path;
  await import("../server/entrances.test.ts");
  await import("../server/greeting.test.ts");
  await import("../server/isolation.test.ts");
  await import("../server/jwt-fields.test.ts");
  await import("../server/patience.test.ts");
  await import("../server/wire.test.ts");
  await import("../server/clients.test.ts");
  await import("../boundary/claims.test.ts");
  await import("../boundary/connections.test.ts");
} else {
  const { test } = await import("node:test");
  test("our expectations hold on the real nats-server", { skip: real.skip });
}
