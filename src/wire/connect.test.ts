import assert from "node:assert/strict";
import { test } from "node:test";
import { connectDefaults, isServerInfo, parseConnect } from "./connect.ts";

function connect(json: string): ReturnType<typeof parseConnect> {
  return parseConnect(Buffer.from(json));
}

test("a CONNECT that says nothing is verbose, pedantic and wants its echo", () => {
  for (const json of ["{}", "null", ' {"unheard_of":[{"verbose":false}]} ', '{"verbose":null,"user":null}']) {
    assert.deepEqual(connect(json), connectDefaults, json);
  }
});

test("every option is read, keys in any case", () => {
  const options =
    connect(`{"echo":false,"VERBOSE":false,"Pedantic":false,"tls_required":true,"nkey":"U1","jwt":"j",
    "sig":"s","auth_token":"t","user":"us\\u00e9r","pass":"p\\"w","name":"n","lang":"go","version":"1.2",
    "protocol":1,"account":"a","new_account":true,"headers":true,"no_responders":true,"remote_account":"r",
    "proxy_sig":"x","import":{"allow":["a"],"deny":null},"export":null}`);

  assert.deepEqual(options, {
    echo: false,
    verbose: false,
    pedantic: false,
    tlsRequired: true,
    nkey: "U1",
    jwt: "j",
    sig: "s",
    authToken: "t",
    user: "us\u00e9r",
    pass: 'p"w',
    name: "n",
    lang: "go",
    version: "1.2",
    protocol: 1,
    account: "a",
    newAccount: true,
    headers: true,
    noResponders: true,
    remoteAccount: "r",
    proxySig: "x",
  });
});

test("the last of two equal keys wins, and letters that fold to ASCII ones count as those", () => {
  assert.equal(connect('{"user":"a","USER":"b","user":null}')?.user, "b");
  assert.equal(connect('{"n\u212aey":"U1","\u017fig":"s"}')?.nkey, "U1");
  assert.equal(connect('{"n\u212aey":"U1","\u017fig":"s"}')?.sig, "s");
});

test("what Go's decoder refuses is refused", () => {
  for (const json of [
    "",
    "{",
    "[]",
    "1",
    '"x"',
    "true",
    "{} x",
    '{"a":1,}',
    "{'a':1}",
    '{"verbose":1}',
    '{"verbose":"true"}',
    '{"user":5}',
    '{"user":["a"]}',
    '{"user":1,"user":"a"}',
    '{"protocol":"1"}',
    '{"protocol":1.0}',
    '{"protocol":1e0}',
    '{"protocol":9223372036854775808}',
    '{"protocol":true}',
    '{"import":[]}',
    '{"import":{"allow":"a"}}',
    '{"import":{"allow":[1]}}',
    '{"import":{"Deny":{}}}',
    '{"a":"\u0001"}',
    `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
    "\ufeff{}",
  ]) {
    assert.equal(connect(json), undefined, json.slice(0, 60));
  }
});

test("deep but bounded nesting, foreign bytes and names of JavaScript's own do no harm", () => {
  const deep = `{"a":${"[".repeat(9_000)}${"]".repeat(9_000)},"name":"n"}`;
  assert.equal(connect(deep)?.name, "n");
  assert.equal(parseConnect(Buffer.from('{"name":"\xff","a\xc3":1}', "latin1"))?.name, "\ufffd");
  assert.equal(connect('{"name":"\\ud800"}')?.name, "\ufffd");
  assert.deepEqual(
    connect('{"__proto__":{"verbose":false},"constructor":1,"toString":2,"hasOwnProperty":3}'),
    connectDefaults,
  );
  assert.equal(connect('{"x":"}]\\\\\\"{[,","name":"n"}')?.name, "n");
});

test("an integer of 64 bits is a protocol, if an unknown one", () => {
  assert.equal(connect('{"protocol":-0}')?.protocol, 0);
  assert.equal(connect('{"protocol":-9223372036854775808}')?.protocol, -(2 ** 63));
  assert.equal(connect('{"protocol":2}')?.protocol, 2);
});

test("a second CONNECT changes what it states and leaves the rest", () => {
  const first = connect('{"verbose":false,"user":"a","headers":true}')!;

  const second = parseConnect(Buffer.from('{"user":"b","verbose":null}'), first);

  assert.deepEqual(second, { ...first, user: "b" });
});

test("INFO from a client is read as strictly as from a server", () => {
  for (const json of [
    "{}",
    '{"port":1,"client_id":18446744073709551615,"gateway_cmd_payload":"aGk=","gossip_mode":255}',
    '{"connect_urls":["a",null],"ldm":true,"nonsense":{}}',
  ]) {
    assert.equal(isServerInfo(Buffer.from(json)), true, json);
  }
  for (const json of [
    '{"port":"1"}',
    '{"client_id":-1}',
    '{"max_payload":2147483648}',
    '{"gossip_mode":256}',
    '{"gateway_cmd_payload":"!"}',
    '{"connect_urls":"a"}',
    "[]",
  ]) {
    assert.equal(isServerInfo(Buffer.from(json)), false, json);
  }
});
