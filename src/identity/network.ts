// Networks in CIDR form, as Go's net.ParseCIDR takes them.

/** Whether a text is an address, a slash and a number of bits that the address has. */
export function isNetwork(text: string): boolean {
  const found = /^([^/]{1,64})\/(\d{1,8})$/.exec(text);
  if (found === null) return false;
  const bits = Number(found[2]);
  return (isV4(found[1]!) && bits <= 32) || (isV6(found[1]!) && bits <= 128);
}

/** Four numbers without leading zeros. */
function isV4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

/** Eight groups, of which one run of zeros may be left out; the last two may be an IPv4 address. */
function isV6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1)!;
  if (last.at(-1)?.includes(".")) {
    if (!isV4(last.at(-1)!)) return false;
    last.splice(-1, 1, "0", "0");
  }
  const all = groups.flat();
  if (!all.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? all.length < 8 : all.length === 8;
}
