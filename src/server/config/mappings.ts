// Reads subject mappings, of the server or of an account, with their weighted destinations.
// [nats-server opts.go parseAccountMappings, accounts.go AddWeightedMappings]
import { Mapping } from "../../subject/mapping.ts";
import { isValidPattern } from "../../subject/subject.ts";
import type { Findings } from "./findings.ts";
import { atoi } from "./listen.ts";
import type { MappingDestinationOptions, MappingOptions } from "./options-access.ts";
import { quoted } from "./quoted.ts";
import { bytesOf, textOf } from "./rune.ts";
import { type Entry, isList, isTree, shownValue } from "./tree.ts";

const weightMax = 100;

/** Later mappings of a source take the place of earlier ones. */
export function readMappings(entry: Entry, findings: Findings): MappingOptions[] {
  const mappings: MappingOptions[] = [];
  for (const [source, item] of findings.tree(entry)) {
    if (!isValidPattern(source)) {
      findings.refuse(entry, `Subject ${quoted(source)} is not a valid subject`);
      continue;
    }
    const mapping = readMapping(source, item, findings);
    if (mapping !== undefined) mappings.push(mapping);
  }
  return mappings;
}

function readMapping(source: string, entry: Entry, findings: Findings): MappingOptions | undefined {
  if (typeof entry.value === "string") {
    const destinations = [{ subject: entry.value, weight: weightMax, cluster: "" }];
    const mistake = mappingMistake(source, destinations);
    if (mistake === undefined) return { source, destinations };
    const names = `for ${quoted(source)} to ${quoted(entry.value)}`;
    findings.refuse(entry, `Error adding mapping ${names} : ${mistake}`);
    return undefined;
  }
  const items = isList(entry.value) ? entry.value : [entry];
  const destinations: MappingDestinationOptions[] = [];
  for (const item of items) {
    const destination = readDestination(item, findings);
    if (destination !== undefined) destinations.push(destination);
    else if (!isList(entry.value)) return undefined;
  }
  const mistake = mappingMistake(source, destinations);
  if (mistake === undefined) return { source, destinations };
  findings.refuse(entry, `Error adding mapping for ${quoted(source)} : ${mistake}`);
  return undefined;
}

function readDestination(entry: Entry, findings: Findings): MappingDestinationOptions | undefined {
  if (!isTree(entry.value)) {
    findings.refuse(entry, "Expected an entry for the mapping destination");
    return undefined;
  }
  let subject = "";
  let cluster = "";
  let weight: number | undefined;
  // A value of a wrong type is reported where the destination is.
  const inner = findings.within(entry);
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    if (name === "dest" || name === "destination") subject = inner.text(item);
    else if (name === "cluster") cluster = inner.text(item);
    else if (name === "weight") {
      const read = readWeight(item);
      if (typeof read === "string") {
        findings.refuse(item, read);
        return undefined;
      }
      weight = read;
    } else {
      findings.refuse(item, `Unknown field ${quoted(key)} for mapping destination`);
      return undefined;
    }
  }
  if (weight !== undefined) return { subject, weight, cluster };
  findings.refuse(entry, `Missing weight for mapping destination ${quoted(subject)}`);
  return undefined;
}

/** Percent, or what is wrong with it. */
function readWeight({ value }: Entry): number | string {
  const tail = "for mapping destination";
  if (typeof value !== "string" && typeof value !== "bigint") {
    return `Unknown entry type for weight of ${shownValue(value)}\n`;
  }
  const digits = typeof value === "string" ? value.replace(/%$/, "") : String(value);
  const weight = atoi(digits);
  if (weight === undefined) return `Invalid weight ${quoted(digits)} ${tail}`;
  return weight > weightMax || weight < 0 ? `Invalid weight ${weight} ${tail}` : weight;
}

function mappingMistake(
  source: string,
  destinations: readonly MappingDestinationOptions[],
): string | undefined {
  const wire = destinations.map((destination) => ({ ...destination, subject: bytesOf(destination.subject) }));
  const parsed = Mapping.parse(bytesOf(source), wire);
  return parsed.kind === "refused" ? textOf(parsed.message) : undefined;
}
