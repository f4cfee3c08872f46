import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { GetAnswer } from "../ports/http-get.ts";
import { httpGetter } from "./http-get.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function get(url: string, timeoutMs = 5_000): Promise<GetAnswer> {
  return new Promise((resolve) => httpGetter()({ url, timeoutMs, bytesMax: 10 }, resolve));
}

test("what a server answers is told: status, reason and body", async () => {
  const url = await serving((_, response) => void response.writeHead(404, "Not Here").end("body"));

  assert.deepEqual(await get(url), {
    kind: "answered",
    status: 404,
    reason: "Not Here",
    body: Buffer.from("body"),
  });
});

test("redirects are followed, up to ten", async () => {
  const url = await serving(({ url = "" }, response) => {
    const left = Number(url.slice(1));
    if (left === 0) response.end("there");
    else response.writeHead(307, { location: `/${left - 1}` }).end();
  });

  assert.equal((await get(`${url}/10`)).kind, "answered");
  assert.deepEqual(await get(`${url}/11`), { kind: "failed", why: "stopped after 10 redirects" });
});

test("a user and a password in the URL are shown to the server", async () => {
  const url = await serving(({ headers }, response) => void response.end(headers.authorization?.slice(0, 5)));

  const answer = await get(url.replace("http://", "http://joe:secret@"));

  assert.equal(answer.kind === "answered" && answer.body.toString(), "Basic");
});

test("a body that is too long, an answer that does not come, and nobody at home are failures", async () => {
  const long = await serving((_, response) => void response.end("12345678901"));
  const silent = await serving(() => {});
  const halfway = await serving((_, response) => void response.write("half"));

  const why = async (url: string): Promise<string> => {
    const answer = await get(url, 50);
    return answer.kind === "failed" ? answer.why : "no failure";
  };

  assert.equal(await why(long), "the body is longer than 10 bytes");
  assert.equal(await why(silent), "no answer within 50 ms");
  assert.equal(await why(halfway), "no answer within 50 ms");
  assert.match(await why("http://127.0.0.1:1/"), /ECONNREFUSED/);
  assert.equal(await why("nats://127.0.0.1/"), 'unsupported protocol scheme "nats"');
  assert.match(await why("http://"), /Invalid URL/);
});
