// The HTTP listener keeps its limits and its word to peers that are slow, rude, or gone. Sockets are real.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { Fault } from "../base/assert.ts";
import type { HttpRequest, HttpResponse } from "../control/http/message.ts";
import { type HttpListener, listenHttp, type RequestHandler } from "./http.ts";

const bodyMax = 64 * 1024;
const local = { host: "127.0.0.1", port: 0 };

/** Answers the number of bytes that it was handed. */
async function measure(request: HttpRequest): Promise<HttpResponse> {
  const body = JSON.stringify({ bytes: request.body.length });
  return { status: 200, headers: { "Content-Type": "application/json" }, body };
}

async function withListener(
  handle: RequestHandler,
  story: (listener: HttpListener) => Promise<void>,
): Promise<void> {
  const listener = await listenHttp(local, handle);
  try {
    await story(listener);
  } finally {
    await listener.close();
  }
}

async function dial(listener: HttpListener, bytes: string): Promise<Socket> {
  const socket = connect(listener.port, "127.0.0.1");
  await once(socket, "connect");
  socket.setTimeout(5_000, () => socket.destroy(new Error("nothing within 5 s")));
  socket.write(bytes);
  return socket;
}

async function everything(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += (chunk as Buffer).toString("latin1");
  return text;
}

async function upTo(socket: Socket, end: string): Promise<string> {
  let text = "";
  while (!text.includes(end)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    text += chunk.toString("latin1");
  }
  return text;
}

test("a request is handed over with its parts apart", async () => {
  let seen: HttpRequest | undefined;
  const keep: RequestHandler = (request) => {
    seen = request;
    return measure(request);
  };

  await withListener(keep, async (listener) => {
    const headers =
      "Host: x\r\nX-Auth-Token: one\r\nx-auth-token: two\r\nContent-Length: 2\r\nConnection: close";
    const socket = await dial(listener, `POST /a/%41?b=c?d HTTP/1.1\r\n${headers}\r\n\r\n{}`);
    await everything(socket);
  });

  const { method, path, query, body, remote, secure } = seen!;
  assert.deepEqual([method, path, query, remote, secure], ["POST", "/a/%41", "b=c?d", "127.0.0.1", false]);
  assert.equal(Buffer.from(body).toString(), "{}");
  assert.equal(seen?.headers.get("x-auth-token"), "one", "a second token does not count");
});

for (const size of [0, bodyMax, bodyMax + 1, 4 * 1024 * 1024]) {
  test(`of a body of ${size} bytes at most ${bodyMax + 1} are handed over, and the sender hears the answer`, async () => {
    await withListener(measure, async (listener) => {
      const answer = await fetch(listener.url, { method: "POST", body: new Uint8Array(size) });

      assert.deepEqual(await answer.json(), { bytes: Math.min(size, bodyMax + 1) });
    });
  });
}

test("a body without end is cut off", async () => {
  await withListener(measure, async (listener) => {
    const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const socket = await dial(listener, head);
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined); // the reset that we are waiting for
    socket.resume();

    let sent = 0;
    const push = (): void => {
      while (!socket.destroyed && sent < 64 * 1024 * 1024) {
        sent += 65_536;
        if (!socket.write(chunk)) {
          socket.once("drain", push);
          return;
        }
      }
    };
    push();
    await closed;

    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  });
});

test("a body announced as too large is refused before it is sent", async () => {
  await withListener(measure, async (listener) => {
    const headers = "Host: x\r\nExpect: 100-continue\r\nContent-Length: 1000000";
    const socket = await dial(listener, `POST / HTTP/1.1\r\n${headers}\r\n\r\n`);

    const answer = await everything(socket);

    assert.match(answer, /^HTTP\/1.1 200 /);
    assert.match(answer, /Connection: close/i);
    assert.match(answer, /"bytes":65537/);
  });
});

test("a small body that waits to be asked for is asked for", async () => {
  await withListener(measure, async (listener) => {
    const headers = "Host: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close";
    const socket = await dial(listener, `POST / HTTP/1.1\r\n${headers}\r\n\r\n`);
    await upTo(socket, "100 Continue\r\n\r\n");
    socket.write("{}");

    assert.match(await everything(socket), /"bytes":2/);
  });
});

test("a sender that leaves in the midst of its body harms nobody", async () => {
  let handled = 0;
  const count: RequestHandler = (request) => {
    handled++;
    return measure(request);
  };

  await withListener(count, async (listener) => {
    const socket = await dial(listener, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    socket.destroy();
    await once(socket, "close");

    assert.equal((await fetch(listener.url)).status, 200);
  });

  assert.equal(handled, 1, "half a request is none");
});

test("an answer whose asker left is dropped", async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const slow: RequestHandler = async (request) => {
    if (request.path !== "/slow") return measure(request);
    ask();
    await left;
    return measure(request);
  };

  await withListener(slow, async (listener) => {
    const socket = await dial(listener, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    await asked;
    socket.destroy();
    await once(socket, "close");
    leave();

    assert.equal((await fetch(listener.url)).status, 200);
  });
});

test("a handler that fails costs its own connection, and is told of", async () => {
  const failures: Error[] = [];
  const broken: RequestHandler = (request) =>
    request.path === "/broken" ? Promise.reject(new Error("broken")) : measure(request);
  const listener = await listenHttp({ ...local, failed: (error) => failures.push(error) }, broken);

  assert.equal(await everything(await dial(listener, "GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")), "");

  assert.equal((await fetch(listener.url)).status, 200);
  assert.deepEqual(
    failures.map(({ message }) => message),
    ["broken"],
  );
  await listener.close();
});

test("closing lets a running request end, and keeps no idle connection", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: go, resolve: release } = Promise.withResolvers<void>();
  const listener = await listenHttp(local, async (request) => {
    ask();
    await go;
    return measure(request);
  });
  const idle = await dial(listener, "");
  const busy = await dial(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await asked;

  const closed = listener.close();
  const answer = everything(busy);
  release();

  assert.match(await answer, /^HTTP\/1.1 200 /);
  assert.equal(await everything(idle), "");
  await closed;
});

test("an address in use is a Fault with the operating system's code", async () => {
  await withListener(measure, async (listener) => {
    await assert.rejects(listenHttp({ host: "127.0.0.1", port: listener.port }, measure), (error: Fault) => {
      assert.ok(error instanceof Fault);
      assert.equal((error.cause as NodeJS.ErrnoException).code, "EADDRINUSE");
      return true;
    });
  });
});
