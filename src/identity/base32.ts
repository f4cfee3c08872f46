// RFC 4648 base32 without padding, and only its canonical form: one text for each run of bytes.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(pending >>> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  if (bits > 0) text += alphabet[(pending << (5 - bits)) & 31];
  return text;
}

/** Undefined unless the text is what {@link encodeBase32} makes of some bytes: upper case, nothing spare at the end. */
export function decodeBase32(text: string): Buffer | undefined {
  const length = Math.floor((text.length * 5) / 8);
  if (Math.ceil((length * 8) / 5) !== text.length) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  let pending = 0;
  let bits = 0;
  let filled = 0;
  for (let at = 0; at < text.length; at++) {
    const value = digitOf(text.charCodeAt(at));
    if (value === -1) return undefined;
    pending = (pending << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = pending >>> bits;
      pending &= (1 << bits) - 1;
    }
  }
  return pending === 0 ? bytes : undefined;
}

function digitOf(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x32 && code <= 0x37) return code - 0x32 + 26;
  return -1;
}
