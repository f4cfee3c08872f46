// A foreign body into its fields: UTF-8, JSON, an object, and never nested deeper than anyone needs.

import { done, invalid, type Outcome, refuse } from "../model/refusal.ts";
import { bodyBytesMax } from "./message.ts";

const depthMax = 16;

/**
 * The body's fields. A request without a body has none.
 * Refusals: 413 too large, 415 not said to be JSON, 400 not JSON or not an object.
 */
export function jsonFields(
  body: Uint8Array,
  contentType: string | undefined,
): Outcome<ReadonlyMap<string, unknown>> {
  const tooLarge = refusedTooLarge(body);
  if (tooLarge !== undefined) return tooLarge;
  if (!isJson(contentType)) {
    const help = "send the body as Content-Type: application/json";
    const details = [{ argument_name: "Content-Type", help_message: help, reason: "constraint" }] as const;
    return refuse({ kind: "invalid", details, status: 415 });
  }
  if (body.length === 0) return done(new Map());
  const text = utf8(body);
  if (text === undefined) return invalid("body", "format", "body must be UTF-8");
  if (nestsDeeper(text, depthMax))
    return invalid("body", "constraint", `body must not nest deeper than ${depthMax}`);
  const value = parse(text);
  if (value === undefined) return invalid("body", "format", "body must be valid JSON");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid("body", "format", "body must be a JSON object");
  }
  return done(new Map(Object.entries(value)));
}

export function refusedTooLarge(body: Uint8Array): ReturnType<typeof refuse> | undefined {
  if (body.length <= bodyBytesMax) return undefined;
  const help = `body must be at most ${bodyBytesMax} bytes`;
  const details = [{ argument_name: "body", help_message: help, reason: "constraint" }] as const;
  return refuse({ kind: "invalid", details, status: 413 });
}

/** With or without parameters; JSON is UTF-8 whatever charset is claimed. An absent header is taken for JSON. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const end = contentType.indexOf(";");
  const mediaType = end === -1 ? contentType : contentType.slice(0, end);
  return mediaType.trim().toLowerCase() === "application/json";
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function nestsDeeper(text: string, max: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === "\\") at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "{" || letter === "[") {
      if (++depth > max) return true;
    } else if (letter === "}" || letter === "]") depth--;
  }
  return false;
}
