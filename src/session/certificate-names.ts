// The names in an X.509 certificate, read out of its DER. OpenSSL has already verified the certificate; what does not
// read is no name.

/** One attribute of a distinguished name. */
export interface Attribute {
  /** Dotted object identifier. */
  readonly type: string;
  readonly text: string;
}

export interface AlternativeNames {
  readonly emails: readonly string[];
  readonly hosts: readonly string[];
  readonly uris: readonly string[];
}

interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
}

const sequence = 0x30;
const explicitVersion = 0xa0;
const extensionsTag = 0xa3;
const subjectAlternativeName = "2.5.29.17";
/** Far more than any certificate has of anything. */
const elementsMax = 10_000;

/** The subject: its parts in the certificate's order, each of one attribute or several. */
export function subjectOf(certificate: Uint8Array): Attribute[][] | undefined {
  const fields = toBeSigned(certificate);
  const subject = fields?.[4];
  if (subject === undefined) return undefined;
  const parts: Attribute[][] = [];
  for (const set of elements(subject.body) ?? []) {
    const attributes: Attribute[] = [];
    for (const pair of elements(set.body) ?? []) {
      const [type, value] = elements(pair.body) ?? [];
      if (type !== undefined && value !== undefined) {
        attributes.push({ type: identifier(type.body), text: textOf(value) });
      }
    }
    parts.push(attributes);
  }
  return parts;
}

export function alternativeNames(certificate: Uint8Array): AlternativeNames | undefined {
  const fields = toBeSigned(certificate);
  if (fields === undefined) return undefined;
  const found = { emails: [] as string[], hosts: [] as string[], uris: [] as string[] };
  const extensions = fields.find(({ tag }) => tag === extensionsTag);
  const list = extensions === undefined ? undefined : elements(extensions.body)?.[0];
  for (const extension of list === undefined ? [] : (elements(list.body) ?? [])) {
    const parts = elements(extension.body) ?? [];
    const value = parts.at(-1);
    if (value === undefined || identifier(parts[0]!.body) !== subjectAlternativeName) continue;
    const names = elements(value.body)?.[0];
    for (const { tag, body } of names === undefined ? [] : (elements(names.body) ?? [])) {
      if (tag === 0x81) found.emails.push(latin1(body));
      else if (tag === 0x82) found.hosts.push(latin1(body));
      else if (tag === 0x86) found.uris.push(latin1(body));
    }
  }
  return found;
}

/** The fields of the certificate proper, from the serial number on. */
function toBeSigned(certificate: Uint8Array): Element[] | undefined {
  const whole = elements(certificate)?.[0];
  const inner = whole?.tag === sequence ? elements(whole.body)?.[0] : undefined;
  const fields = inner?.tag === sequence ? elements(inner.body) : undefined;
  if (fields === undefined) return undefined;
  return fields[0]?.tag === explicitVersion ? fields.slice(1) : fields;
}

/** DER's tag, length, body, one after another; undefined where that is not what the bytes are. */
function elements(bytes: Uint8Array): Element[] | undefined {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (found.length === elementsMax || at + 2 > bytes.length) return undefined;
    const tag = bytes[at]!;
    let length = bytes[at + 1]!;
    at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size === 0 || size > 4 || at + size > bytes.length) return undefined;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + bytes[at + i]!;
      at += size;
    }
    if (at + length > bytes.length) return undefined;
    found.push({ tag, body: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function identifier(body: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join(".");
}

function textOf({ tag, body }: Element): string {
  const utf8String = 0x0c;
  const bmpString = 0x1e;
  if (tag === utf8String) return Buffer.from(body).toString("utf8");
  if (tag !== bmpString || body.length % 2 !== 0) return latin1(body);
  return Buffer.from(body).swap16().toString("utf16le");
}

function latin1(body: Uint8Array): string {
  return Buffer.from(body).toString("latin1");
}
