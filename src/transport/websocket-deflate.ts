// permessage-deflate without context takeover (RFC 7692): each message is compressed for itself, and is inflated only as
// far as its limit.

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** What a sender leaves off a message, then a last empty block, so that the inflater sees an end. */
const messageEnd = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff]);
const syncFlushBytes = 4;

/** The compressed message, without the four bytes that its reader puts back. */
export function deflateMessage(bytes: Uint8Array): Buffer {
  const deflated = deflateRawSync(bytes, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
  return deflated.subarray(0, deflated.length - syncFlushBytes);
}

/** Undefined when the bytes are no deflate stream, or would become more than `most` bytes; it stops there. */
export function inflateMessage(deflated: Buffer, most: number): Buffer | undefined {
  try {
    return inflateRawSync(Buffer.concat([deflated, messageEnd]), { maxOutputLength: most });
  } catch (error) {
    // Whatever zlib or its limit complains of, the peer sent it.
    if (error instanceof Error && "code" in error && isPeersFault(String(error.code))) return undefined;
    throw error;
  }
}

function isPeersFault(code: string): boolean {
  return code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE";
}
