// The digest that stands for what a configuration says, whatever its layout: comments and order do not change it.
// [nats-server conf/parse.go configDigest: SHA-256 of Go's JSON of the tree]
import { createHash } from "node:crypto";
import { escapedAsGo } from "../../base/go-json.ts";
import { isList, isTree, Moment, type Tree, type Value } from "./tree.ts";

/** `sha256:<hex>` */
export function digestOf(tree: Tree): string {
  return `sha256:${createHash("sha256")
    .update(`${goJson(tree)}\n`)
    .digest("hex")}`;
}

function goJson(value: Value): string {
  if (typeof value === "string") return goString(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Moment) return `"${value.text}"`;
  if (isList(value)) return `[${value.map((entry) => goJson(entry.value)).join(",")}]`;
  if (!isTree(value)) return String(value);
  const keys = [...value.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${goString(key)}:${goJson(value.get(key)!.value)}`).join(",")}}`;
}

/** Go also escapes what would be dangerous within HTML or JavaScript. */
function goString(text: string): string {
  return escapedAsGo(JSON.stringify(text));
}
