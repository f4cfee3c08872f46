// IP addresses and networks in CIDR form, as Go's net package takes them. An IPv4 address mapped into IPv6 is an IPv4
// address. [Go net.ParseCIDR, netip.ParseAddr]

/** As bytes, 4 or 16. */
type Address = readonly number[];

export interface CidrNetwork {
  readonly base: Address;
  /** How many bits of an address are those of `base`. */
  readonly bits: number;
}

const mappedBytes = 12;

/** The bytes of an address, 4 or 16; undefined for what is none. */
export function addressBytes(text: string): Address | undefined {
  const bytes = bytesAsWritten(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(mappedBytes) : bytes;
}

/** The network of an address, a slash and a number of bits that the address has; undefined for what is none. */
export function parseNetwork(text: string): CidrNetwork | undefined {
  const found = /^([^/]{1,64})\/(\d{1,8})$/.exec(text);
  const base = bytesAsWritten(found?.[1] ?? "");
  const bits = Number(found?.[2]);
  if (base === undefined || bits > base.length * 8) return undefined;
  // With fewer bits than those that say "mapped" it is a network of IPv6, in which no IPv4 address lies.
  if (!isMapped(base) || bits < mappedBytes * 8) return { base, bits };
  return { base: base.slice(mappedBytes), bits: bits - mappedBytes * 8 };
}

/** Whether an address, as `addressBytes` answers it, lies in a network. */
export function liesIn({ base, bits }: CidrNetwork, address: Address): boolean {
  if (base.length !== address.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (base[i] !== address[i]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || base[whole]! >> shift === address[whole]! >> shift;
}

function isMapped(bytes: Address): boolean {
  return bytes.length === 16 && bytes.slice(0, mappedBytes).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
}

function bytesAsWritten(text: string): Address | undefined {
  return text.includes(":") ? v6Bytes(text) : v4Bytes(text);
}

/** Four numbers without leading zeros. */
function v4Bytes(text: string): Address | undefined {
  const parts = text.split(".");
  const isSound = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part));
  const bytes = parts.map(Number);
  return isSound && bytes.every((byte) => byte < 256) ? bytes : undefined;
}

/** Eight groups, of which one run of zeros may be left out; the last two may be an IPv4 address. */
function v6Bytes(text: string): Address | undefined {
  const [, before, dotted] = /^(.*:)([^:]*\.[^:]*)$/.exec(text) ?? [];
  const last = dotted === undefined ? [] : v4Bytes(dotted);
  if (last === undefined) return undefined;
  const halves = (before === undefined ? text : `${before}0:0`).split("::");
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - groups.flat().length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const all = [...groups[0]!, ...new Array<string>(missing).fill("0"), ...(groups[1] ?? [])];
  if (!all.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  const bytes = all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  return [...bytes.slice(0, 16 - last.length), ...last];
}
