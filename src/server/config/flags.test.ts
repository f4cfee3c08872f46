import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommandLine, signalOf } from "./flags.ts";
import { usage } from "./usage.ts";

const runs: readonly (readonly [string, object])[] = [
  ["", {}],
  ["-p 4222", { port: 4222 }],
  ["-p=-1", { port: -1 }],
  ["--port=0x10", { port: 16 }],
  ["-p 1 --port 2", { port: 2 }],
  ["-a ::1 -m 8222", { host: "::1", httpPort: 8222 }],
  ["-js -sd=/tmp/x", { jetStream: true, storeDirectory: "/tmp/x" }],
  ["-D=false -V", { debug: false, trace: true }],
  ["-DVV -T=0", { debugAndVerboseTrace: true, logtime: false }],
  ["-c a.conf -t", { configFile: "a.conf", checkOnly: true }],
  ["-n x --user u --pass p --auth t", { serverName: "x", user: "u", password: "p", token: "t" }],
  ["--cluster nats://a:1 --routes b,c", { cluster: "nats://a:1", routes: "b,c" }],
  ["-l f -P g --ports_file_dir h", { logFile: "f", pidFile: "g", portsFileDirectory: "h" }],
  ["--user -p", { user: "-p" }],
];

for (const [line, flags] of runs) {
  test(`the command line "${line}" is understood`, () => {
    assert.deepEqual(readCommandLine(line.split(" ").filter((word) => word !== "")), {
      kind: "run",
      flags: { ...flags, __proto__: null },
    });
  });
}

const others: readonly (readonly [string, object])[] = [
  ["-v", { kind: "version" }],
  ["--version -h", { kind: "version" }],
  ["version", { kind: "version" }],
  ["-p 1 HELP", { kind: "help" }],
  ["--help", { kind: "help" }],
  ["--help_tls", { kind: "tls-help" }],
  ["--signal ldm=123", { kind: "signal", command: "ldm", target: "123" }],
  ["-sl reload", { kind: "signal", command: "reload", target: "" }],
  ["-sl a=b=c=d", { kind: "refused", message: "invalid signal parameters: [c d]" }],
  ["serve", { kind: "refused", message: 'unrecognized command: "serve"' }],
  ["-x", { kind: "misuse", message: "flag provided but not defined: -x" }],
  ["--__proto__ 1", { kind: "misuse", message: "flag provided but not defined: -__proto__" }],
  ["-p", { kind: "misuse", message: "flag needs an argument: -p" }],
  ["-p x", { kind: "misuse", message: 'invalid value "x" for flag -p: parse error' }],
  [
    "-p 99999999999999999999",
    { kind: "misuse", message: 'invalid value "99999999999999999999" for flag -p: value out of range' },
  ],
  ["-D=maybe", { kind: "misuse", message: 'invalid boolean value "maybe" for -D: parse error' }],
  ["---p", { kind: "misuse", message: "bad flag syntax: ---p" }],
  ["-=1", { kind: "misuse", message: "bad flag syntax: -=1" }],
];

for (const [line, expected] of others) {
  test(`the command line "${line}" is answered`, () => {
    assert.deepEqual(readCommandLine(line.split(" ")), expected);
  });
}

test("what stands behind two dashes is no flag", () => {
  assert.deepEqual(readCommandLine(["-D", "--", "-x"]), {
    kind: "refused",
    message: 'unrecognized command: "-x"',
  });
});

test("every word of --signal has its signal", () => {
  const signals = ["stop", "quit", "term", "reopen", "reload", "ldm", "other"].map(signalOf);

  assert.deepEqual(signals, ["SIGKILL", "SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP", "SIGUSR2", undefined]);
});

test("every flag that the help names is known", () => {
  const named = [...usage.matchAll(/(?<=[\s,])--?([a-zA-Z][\w]*)/g)].map((match) => match[1]!);
  assert.ok(named.length > 50);

  for (const name of named) {
    const line = readCommandLine([`-${name}=1`]);
    assert.ok(line.kind !== "misuse" || !line.message.includes("not defined"), name);
  }
});
