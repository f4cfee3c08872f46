import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { connect, createServer } from "node:tls";
import { leafServes, makeAuthority, makeLeaf } from "./local-ca.ts";

const dayMs = 86_400_000;
const nowMs = Date.now();

describe("local certificate authority", () => {
  const authority = makeAuthority(nowMs);
  const leaf = makeLeaf(authority, ["localhost", "127.0.0.1", "::1", "nats.example.com"], nowMs);

  test("a client that trusts the authority accepts the host by name and by address, and no other name", async () => {
    const server = createServer({ cert: leaf.cert, key: leaf.key }, (socket) => socket.end());
    server.on("tlsClientError", () => undefined);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const dial = async (servername: string, ca?: string) => {
      const options = servername === "127.0.0.1" ? { host: servername } : { host: "127.0.0.1", servername };
      const socket = connect({ ...options, port, ca });
      await once(socket, "secureConnect");
      socket.destroy();
    };

    await dial("localhost", authority.cert);
    await dial("127.0.0.1", authority.cert);
    await dial("nats.example.com", authority.cert);
    await assert.rejects(dial("other.example.com", authority.cert), /does not match/);
    await assert.rejects(dial("localhost"), /unable to verify|self-signed/);

    server.close();
  });

  test("the authority lasts ten years and signs nothing but leaves; the leaf lasts ninety days", () => {
    const ca = new X509Certificate(authority.cert);
    const certificate = new X509Certificate(leaf.cert);

    assert.equal(ca.ca, true);
    assert.equal(certificate.ca, false);
    assert.equal(Math.round((Date.parse(ca.validTo) - nowMs) / dayMs), 3_650);
    assert.equal(Math.round((Date.parse(certificate.validTo) - nowMs) / dayMs), 90);
    assert.equal(certificate.checkIssued(ca), true);
  });

  for (const { name, serves, names, inDays, by } of [
    {
      name: "serves while it is young",
      serves: true,
      names: ["localhost", "::1"],
      inDays: 59,
      by: authority.cert,
    },
    {
      name: "is replaced below thirty days",
      serves: false,
      names: ["localhost"],
      inDays: 61,
      by: authority.cert,
    },
    {
      name: "is replaced when a name is missing",
      serves: false,
      names: ["else.example.com"],
      inDays: 0,
      by: authority.cert,
    },
    {
      name: "is replaced when an address is missing",
      serves: false,
      names: ["10.0.0.1"],
      inDays: 0,
      by: authority.cert,
    },
    {
      name: "is replaced with its authority",
      serves: false,
      names: ["localhost"],
      inDays: 0,
      by: makeAuthority(nowMs).cert,
    },
  ]) {
    test(`a leaf ${name}`, () => {
      assert.equal(leafServes(leaf.cert, by, names, nowMs + inDays * dayMs), serves);
    });
  }
});
