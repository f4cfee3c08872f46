import assert from "node:assert/strict";
import { test } from "node:test";
import { errFrame, hmsgLine, infoFrame, msgLine, noRespondersFrame, type ServerInfo } from "./frames.ts";

const least: ServerInfo = {
  server_id: "NAB",
  server_name: "n",
  version: "2.12.0",
  proto: 1,
  go: "",
  host: "0.0.0.0",
  port: 0,
  headers: false,
  max_payload: -1,
};

test("INFO has the fields that always stand, in Go's order, and a blank before its line end", () => {
  assert.equal(
    infoFrame(least).toString(),
    'INFO {"server_id":"NAB","server_name":"n","version":"2.12.0","proto":1,"go":"","host":"0.0.0.0","port":0,' +
      '"headers":false,"max_payload":-1} \r\n',
  );
});

test("other fields are left out while they are empty and come in their place", () => {
  const silent = {
    tls_required: false,
    ip: "",
    client_id: 0,
    connect_urls: [],
    api_lvl: 0,
    nonce: undefined,
  };
  assert.deepEqual(infoFrame({ ...silent, ...least }), infoFrame(least));

  const text = infoFrame({
    xkey: "X",
    api_lvl: 5,
    acc_is_sys: true,
    connect_urls: ["a:1", "b:2"],
    nonce: "n<>&\u2028",
    client_id: 7,
    auth_required: true,
    ...least,
  }).toString();

  assert.match(text, /"headers":false,"auth_required":true,"max_payload":-1,"client_id":7,"nonce":/);
  assert.match(
    text,
    /"nonce":"n\\u003c\\u003e\\u0026\\u2028","connect_urls":\["a:1","b:2"\],"acc_is_sys":true/,
  );
  assert.match(text, /"api_lvl":5,"xkey":"X"\} \r\n$/);
});

test("lines before messages and the answer that nobody listens", () => {
  assert.equal(msgLine("a.b", "9", undefined, 11), "MSG a.b 9 11\r\n");
  assert.equal(msgLine("a.b", "9", "r", 0), "MSG a.b 9 r 0\r\n");
  assert.equal(hmsgLine("a", "9", undefined, 12, 14), "HMSG a 9 12 14\r\n");
  assert.equal(hmsgLine("a", "9", "r", 12, 12), "HMSG a 9 r 12 12\r\n");
  assert.equal(
    noRespondersFrame("_INBOX.1", "2", "foo"),
    "HMSG _INBOX.1 2 35 35\r\nNATS/1.0 503\r\nNats-Subject: foo\r\n\r\n\r\n",
  );
  assert.deepEqual(errFrame("caf\xc3\xa9"), Buffer.from("-ERR 'café'\r\n"));
});
