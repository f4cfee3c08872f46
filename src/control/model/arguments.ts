// Reads a request's arguments one by one and collects what is wrong with each, in the words of the recorded errors
// ("value length must be 56 runes"), so that one answer names every mistake.

import type { ArgumentProblem, ListOrder } from "../../api-client/shapes.ts";
import type { Page } from "./page.ts";
import { type Refused, refuse } from "./refusal.ts";

export const accountNameMax = 64;
export const credentialsNameMax = 500;
export const accountIdLength = 56;
export const pageSizeDefault = 50;
/** A page asked to be larger is this large: every client counts what came before it asks for the next. */
export const pageSizeMax = 100;
const pageMax = 2 ** 31 - 1;
const unknownFieldsShown = 10;

export const listOrders: readonly ListOrder[] = [
  "created_at_asc",
  "created_at_desc",
  "updated_at_asc",
  "updated_at_desc",
  "name_asc",
  "name_desc",
];

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Foreign arguments by name: a JSON body's fields, or a query's (texts then). */
export class Arguments {
  readonly #given: ReadonlyMap<string, unknown>;
  readonly #problems: ArgumentProblem[] = [];

  constructor(given: ReadonlyMap<string, unknown>) {
    this.#given = given;
  }

  /** The refusal that names everything found wrong so far. */
  refusal(): Refused | undefined {
    return this.#problems.length === 0 ? undefined : refuse({ kind: "invalid", details: this.#problems });
  }

  problem(argument: string, reason: ArgumentProblem["reason"], help: string): undefined {
    this.#problems.push({ argument_name: argument, help_message: help, reason });
    return undefined;
  }

  /** Names nobody reads are mistakes, not wishes: an unknown field that means something is refused. */
  only(...known: readonly string[]): void {
    const unknown = [...this.#given].filter(([name, value]) => value !== null && !known.includes(name));
    for (const [name] of unknown.slice(0, unknownFieldsShown)) {
      this.problem(
        name.slice(0, 64),
        "unknown",
        `unknown argument, this operation takes: ${known.join(", ")}`,
      );
    }
  }

  /** A text of 1 to `max` characters. */
  name(argument: string, max: number): string {
    return this.optionalName(argument, max) ?? this.#missing(argument);
  }

  /** As {@link name}, undefined when absent or null. */
  optionalName(argument: string, max: number): string | undefined {
    const value = this.#text(argument);
    if (value === undefined) return undefined;
    // counted as the recorded checks do, in code points; a text twice as long in UTF-16 need not be counted
    const length = value.length > 2 * max ? value.length : [...value].length;
    if (length < 1 || length > max) {
      this.problem(argument, "constraint", `value length must be between 1 and ${max} runes, inclusive`);
    } else if (!value.isWellFormed() || value.includes("\0")) {
      this.problem(argument, "format", "value must be Unicode text without NUL");
    }
    return value;
  }

  uuid(argument: string): string {
    return this.optionalUuid(argument) ?? this.#missing(argument);
  }

  /** Undefined when absent or empty. */
  optionalUuid(argument: string): string | undefined {
    const value = this.#text(argument);
    if (value === undefined || value === "") return undefined;
    if (!isUuid(value)) this.problem(argument, "format", "value must be a valid UUID");
    return value.toLowerCase();
  }

  accountId(argument: string): string {
    return this.optionalAccountId(argument) ?? this.#missing(argument);
  }

  optionalAccountId(argument: string): string | undefined {
    const value = this.#text(argument);
    if (value === undefined || value === "") return undefined;
    if (value.length !== accountIdLength) {
      this.problem(argument, "constraint", `value length must be ${accountIdLength} runes`);
    }
    return value;
  }

  /** `page`, `page_size` and `order_by` of a query. */
  page(): Page {
    const page = this.#count("page", 1, pageMax) ?? 1;
    const pageSize = this.#count("page_size", 0, 2 ** 32 - 1) || pageSizeDefault;
    return { page, pageSize: Math.min(pageSize, pageSizeMax), orderBy: this.#orderBy() };
  }

  #orderBy(): ListOrder {
    const value = this.#text("order_by") || "created_at_asc";
    const order = listOrders.find((candidate) => candidate === value);
    if (order === undefined) {
      this.problem("order_by", "constraint", `value must be one of ${listOrders.join(", ")}`);
    }
    return order ?? "created_at_asc";
  }

  #count(argument: string, min: number, max: number): number | undefined {
    const value = this.#text(argument);
    if (value === undefined || value === "") return undefined;
    const number = /^[0-9]{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    return this.problem(argument, "constraint", `value must be a whole number from ${min} to ${max}`);
  }

  /** Undefined when absent, and when it is no text, which is noted. */
  #text(argument: string): string | undefined {
    const value = this.#given.get(argument);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    return this.problem(argument, "format", "value must be a string");
  }

  /** Nobody acts on the answer: the refusal comes first. */
  #missing(argument: string): string {
    if (!this.#problems.some((problem) => problem.argument_name === argument)) {
      this.problem(argument, "required", "value is required");
    }
    return "";
  }
}
