// The law of the house, kept by a machine: who may import whom, no cycles, sizes, and no outside world below the roof.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

/** Rooms a room may import from, besides itself. The roof may import anything. */
const law: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ports: ["base"],
  subject: ["base", "ports"],
  wire: ["base", "ports"],
  identity: ["base", "ports", "subject"],
  forward: ["base"],
  account: ["base", "ports", "subject", "wire", "identity", "forward"],
  session: ["base", "ports", "subject", "wire", "identity", "forward", "account", "transport"],
  transport: ["base", "ports", "wire", "forward"],
  log: ["base", "ports", "subject", "wire"],
  jetstream: ["base", "ports", "subject", "wire", "identity", "forward", "account", "log"],
  system: [
    "base",
    "ports",
    "subject",
    "wire",
    "identity",
    "forward",
    "account",
    "session",
    "transport",
    "log",
    "jetstream",
  ],
  server: [
    "base",
    "ports",
    "subject",
    "wire",
    "identity",
    "forward",
    "account",
    "session",
    "transport",
    "log",
    "jetstream",
    "system",
  ],
  "api-client": [],
  control: ["base", "ports", "subject", "identity", "api-client"],
  cli: ["base", "ports", "api-client"],
};
const roof = new Set(["app", "node"]);

/** Whoever is below the roof gets these through a port. */
const outsideWorld =
  /\b(Date\.now|new Date\(\s*\)|performance\.now|setTimeout|setInterval|setImmediate|Math\.random|randomBytes|randomUUID|randomInt|process\.(env|argv|exit|on|hrtime|pid|cwd|memoryUsage|nextTick))\b/;
const outsideModules = new Set(
  [
    "fs",
    "net",
    "tls",
    "dgram",
    "http",
    "https",
    "http2",
    "child_process",
    "worker_threads",
    "os",
    "dns",
    "sqlite",
    "cluster",
    "inspector",
    "timers",
    "process",
  ].flatMap((name) => [`node:${name}`, `node:${name}/promises`]),
);

const linesMax = 420;
const functionLinesMax = 65;

const sources = globSync("src/**/*.ts").filter((path) => !path.includes(".testing"));
const product = sources.filter((path) => !path.endsWith(".test.ts") && !path.includes("/testing/"));
const texts = new Map(sources.map((path) => [path, readFileSync(path, "utf8")]));

test("the tidy check sees the sources", () => {
  assert.ok(product.length > 40, `${product.length} files`);
});

test("a file imports only from its own room or from floors below", () => {
  const broken = product.flatMap((path) => {
    const room = roomOf(path);
    if (roof.has(room)) return [];
    const allowed = law[room];
    if (allowed === undefined) return [`${path}: no law for room ${room}`];
    return importsOf(path)
      .filter((target) => target.startsWith("src/"))
      .filter((target) => roomOf(target) !== room && !allowed.includes(roomOf(target)))
      .map((target) => `${path} imports ${target}`);
  });
  assert.deepEqual(broken, []);
});

test("no file imports itself through others, types included", () => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      return;
    }
    state.set(path, "open");
    for (const target of importsOf(path)) if (texts.has(target)) visit(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of product) visit(path, []);
  assert.deepEqual(cycles, []);
});

test("clock, chance, disk, network and environment stay above the roof", () => {
  const broken = product
    .filter((path) => !roof.has(roomOf(path)))
    .flatMap((path) => [
      ...importsOf(path)
        .filter((target) => outsideModules.has(target))
        .map((target) => `${path} imports ${target}`),
      ...codeLines(path)
        .filter(([, line]) => outsideWorld.test(line))
        .map(([number, line]) => `${path}:${number} ${line.trim()}`),
    ]);
  assert.deepEqual(broken, []);
});

test(`a file has at most ${linesMax} lines and begins with what it promises`, () => {
  const broken = product.flatMap((path) => {
    const lines = texts.get(path)!.split("\n");
    const long = lines.length > linesMax ? [`${path}: ${lines.length} lines`] : [];
    const mute = /^(#!.*\n)?(\/\/|\/\*)/.test(texts.get(path)!) ? [] : [`${path}: no first comment`];
    return [...long, ...mute];
  });
  assert.deepEqual(broken, []);
});

test(`a function has at most ${functionLinesMax} lines`, () => {
  const broken = product.flatMap((path) =>
    functionsOf(texts.get(path)!.split("\n"))
      .filter(({ lines }) => lines > functionLinesMax)
      .map(({ name, lines }) => `${path}: ${name} has ${lines} lines`),
  );
  assert.deepEqual(broken, []);
});

test("no file has a name that says nothing", () => {
  const vague = product.filter((path) =>
    /(^|[/-])(utils?|helpers?|common|managers?|services?|types)\.ts$/.test(path),
  );
  assert.deepEqual(vague, []);
});

test("no path of a machine and no registry's address stands in the project", () => {
  const files = globSync("{src,test,bench,docs,tools,bin,.ci}/**/*", { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const broken = files
    .filter((path) => path !== "test/tidy.test.ts")
    .filter((path) => {
      return /\/work\/|\/opt\/(src|tools)|registry\.npmjs|proxy\.golang\.org|pypi\.org/.test(
        readFileSync(path, "utf8"),
      );
    });
  assert.deepEqual(broken, []);
});

function roomOf(path: string): string {
  return path.split("/")[1]!;
}

function importsOf(path: string): string[] {
  const found = texts
    .get(path)!
    .matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+["']([^"']+)["']|(?:^|\n)import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g,
    );
  return [...found].map((match) => {
    const target = match[1] ?? match[2] ?? match[3]!;
    return target.startsWith(".") ? normalize(join(dirname(path), target)) : target;
  });
}

/** Lines that are not comments, with their numbers. */
function codeLines(path: string): [number, string][] {
  return texts
    .get(path)!
    .split("\n")
    .map((line, index): [number, string] => [index + 1, line.replace(/\/\/.*$/, "")])
    .filter(([, line]) => !/^\s*(\*|\/\*)/.test(line));
}

/** Functions and methods by their formatted shape: a line that opens a body, closed at the same indentation. */
function functionsOf(lines: readonly string[]): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  lines.forEach((line, start) => {
    const opens =
      /^(\s*)(?:export )?(?:default )?(?:static )?(?:async )?(?:function\*? )?([#\w]+)(?:<[^(]*>)?\(.*\{$/.exec(
        line,
      );
    if (opens === null || /^\s*(if|for|while|switch|catch)\b|=> \{$|\(\{$/.test(line)) return;
    const end = lines.indexOf(`${opens[1]}}`, start + 1);
    if (end > start) found.push({ name: opens[2]!, lines: end - start + 1 });
  });
  return found;
}
