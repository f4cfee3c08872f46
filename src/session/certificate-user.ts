// Which user a client's certificate names: by e-mail address, DNS name, URI, or its subject in one of several spellings.
// [nats-server auth.go checkClientTLSCertSubject]

import { type Attribute, alternativeNames, subjectOf } from "./certificate-names.ts";
import { equalNames, type NamedValue, parseName, sameParts, typeName } from "./distinguished-name.ts";

const domainComponent = "0.9.2342.19200300.100.1.25";

/**
 * @param certificate DER.
 * @param users names of those that may come this way.
 * @returns one of `users`, or undefined.
 */
export function userOfCertificate(
  certificate: Uint8Array | undefined,
  users: ReadonlySet<string>,
): string | undefined {
  if (certificate === undefined) return undefined;
  const names = alternativeNames(certificate);
  const subject = subjectOf(certificate);
  if (names === undefined || subject === undefined) return undefined;
  const candidates = [...names.emails, ...names.hosts, ...names.uris];
  return (
    candidates.find((name) => users.has(name)) ??
    bySubject(subject, users) ??
    withDomains(subject, users) ??
    [goString(subject)].find((name) => users.has(name))
  );
}

/** By distinguished name: the user whose name means the same, else one that has the same parts in another order. */
function bySubject(
  subject: readonly (readonly Attribute[])[],
  users: ReadonlySet<string>,
): string | undefined {
  const shown: NamedValue[][] = [];
  for (const part of subject) {
    const values: NamedValue[] = [];
    for (const { type, text } of part) {
      const name = typeName(type);
      if (name === undefined) return undefined;
      values.push({ type: name, value: text });
    }
    if (values.length > 0) shown.push(values);
  }
  // Certificates go from the country down, written names from the person up.
  shown.reverse();
  const reordered: string[] = [];
  for (const user of users) {
    const wanted = parseName(user);
    if (wanted === undefined) continue;
    if (equalNames(wanted, shown)) return user;
    if (sameParts(wanted, shown)) reordered.push(user);
  }
  return reordered[0];
}

function withDomains(
  subject: readonly (readonly Attribute[])[],
  users: ReadonlySet<string>,
): string | undefined {
  const domains = subject.flat().filter(({ type }) => type === domainComponent);
  if (domains.length === 0) return undefined;
  const name = [goString(subject), ...domains.map(({ text }) => `DC=${text}`)].join(",");
  return users.has(name) ? name : undefined;
}

const goTypes: Readonly<Record<string, string>> = {
  "2.5.4.6": "C",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.3": "CN",
  "2.5.4.5": "SERIALNUMBER",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.17": "POSTALCODE",
};
/** In this order Go rebuilds a subject from what it knows of it [Go crypto/x509/pkix Name.ToRDNSequence]. */
const goOrder = [
  "2.5.4.6",
  "2.5.4.10",
  "2.5.4.11",
  "2.5.4.7",
  "2.5.4.8",
  "2.5.4.9",
  "2.5.4.17",
  "2.5.4.3",
  "2.5.4.5",
];

/** The subject as Go prints it: known attributes only, grouped by kind, from the last kind to the first. */
function goString(subject: readonly (readonly Attribute[])[]): string {
  const all = subject.flat();
  const groups = goOrder.map((type) => {
    const values = all.filter((attribute) => attribute.type === type);
    // Of these two Go keeps the last.
    const kept = type === "2.5.4.3" || type === "2.5.4.5" ? values.slice(-1) : values;
    return kept.map(({ text }) => `${goTypes[type]}=${escaped(text)}`).join("+");
  });
  return groups
    .filter((group) => group !== "")
    .reverse()
    .join(",");
}

/** RFC 2253 escapes, as Go writes them. */
function escaped(text: string): string {
  const special = text.replace(/[,+"\\<>;]/g, "\\$&");
  const start = special.replace(/^[ #]/, "\\$&");
  return start.length > 1 || start === " " ? start.replace(/ $/, "\\ ") : start;
}
