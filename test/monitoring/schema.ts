// Holds a value against a JSON schema, as far as the schemas of nats-server's messages go (draft 7, without references).

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with a value, each complaint with its place; empty when nothing is. @throws Error for an unknown keyword. */
export function schemaFaults(schema: Schema, value: unknown, place = "$"): string[] {
  const faults: string[] = [];
  for (const [keyword, wanted] of Object.entries(schema)) {
    const check = checks.get(keyword);
    if (check === undefined) throw new Error(`schemas say "${keyword}", which is not checked`);
    for (const fault of check(wanted, value, place, schema)) faults.push(fault);
  }
  return faults;
}

type Check = (wanted: unknown, value: unknown, place: string, schema: Schema) => Iterable<string>;

const nothing: Check = () => [];
const fault = (holds: boolean, text: string): string[] => (holds ? [] : [text]);
const numeric =
  (holds: (value: number, bound: number) => boolean, name: string): Check =>
  (wanted, value, place) =>
    fault(typeof value !== "number" || holds(value, Number(wanted)), `${place} breaks ${name} ${wanted}`);

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["$schema", nothing],
  ["$id", nothing],
  ["title", nothing],
  ["description", nothing],
  ["$comment", nothing],
  ["default", nothing],
  [
    "type",
    (wanted, value, place) => {
      const types = ([] as unknown[]).concat(wanted);
      return fault(
        types.some((type) => isOf(type, value)),
        `${place} is no ${types.join(" or ")}: ${JSON.stringify(value)}`,
      );
    },
  ],
  ["const", (wanted, value, place) => fault(value === wanted, `${place} is not ${JSON.stringify(wanted)}`)],
  [
    "enum",
    (wanted, value, place) =>
      fault((wanted as unknown[]).includes(value), `${place} is none of ${JSON.stringify(wanted)}`),
  ],
  ["minimum", numeric((value, bound) => value >= bound, "minimum")],
  ["maximum", numeric((value, bound) => value <= bound, "maximum")],
  [
    "minLength",
    (wanted, value, place) =>
      fault(typeof value !== "string" || value.length >= Number(wanted), `${place} is too short`),
  ],
  [
    "format",
    (wanted, value, place) =>
      fault(wanted !== "date-time" || !Number.isNaN(Date.parse(String(value))), `${place} is no ${wanted}`),
  ],
  [
    "required",
    (wanted, value, place) =>
      (wanted as string[]).flatMap((name) =>
        fault(!isObject(value) || name in value, `${place} lacks ${name}`),
      ),
  ],
  [
    "properties",
    (wanted, value, place) =>
      Object.entries(wanted as Record<string, Schema>).flatMap(([name, schema]) =>
        isObject(value) && name in value ? schemaFaults(schema, value[name], `${place}.${name}`) : [],
      ),
  ],
  [
    "additionalProperties",
    (wanted, value, place, { properties }) => {
      if (!isObject(value)) return [];
      const others = Object.keys(value).filter((name) => !(name in ((properties ?? {}) as object)));
      if (wanted === false) return others.map((name) => `${place} has an unknown ${name}`);
      if (wanted === true) return [];
      return others.flatMap((name) => schemaFaults(wanted as Schema, value[name], `${place}.${name}`));
    },
  ],
  [
    "items",
    (wanted, value, place) =>
      Array.isArray(value)
        ? value.flatMap((each, at) => schemaFaults(wanted as Schema, each, `${place}[${at}]`))
        : [],
  ],
]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOf(type: unknown, value: unknown): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}
