// What every file of the log begins with, in each of its versions to come: seven bytes that name its kind, one that is
// the version, and a checksum at a place that stays. So a file of another version is told from a damaged one.

export interface Format {
  /** What a person calls such a file. */
  readonly what: string;
  /** Eight bytes; the last is the version. */
  readonly magic: Buffer;
  /** What of a file `isSound` has to see, at most. */
  readonly headBytes: number;
  /** Whether the checksum fits, whatever the version. */
  isSound(head: Buffer): boolean;
}

export const magicBytes = 8;

/** Whether a file's bytes begin as those of this format and version do, with a checksum that fits. */
export function isOf(format: Format, bytes: Buffer): boolean {
  return bytes.subarray(0, magicBytes).equals(format.magic) && format.isSound(bytes);
}

/** The version of a file of this kind that is whole and of another version; undefined for any other file. */
export function otherVersion(format: Format, head: Buffer): string | undefined {
  const isSameKind = head.subarray(0, magicBytes - 1).equals(format.magic.subarray(0, magicBytes - 1));
  if (!isSameKind || head[magicBytes - 1] === format.magic[magicBytes - 1] || !format.isSound(head))
    return undefined;
  return versionText(head);
}

/** The version in a magic, as a person reads it. */
export function versionText(magic: Buffer): string {
  const text = magic.latin1Slice(magicBytes - 1, magicBytes);
  return /^[0-9A-Za-z]$/.test(text) ? text : `0x${magic.toString("hex", magicBytes - 1, magicBytes)}`;
}
