// Limits so tight that a short life meets all of them: segments of a few records, journal files of a few groups.

import type { StoreLimits } from "../../src/log/store.ts";
import type { Chance } from "../world/chance.ts";

export function tightLimits(chance: Chance): Partial<StoreLimits> {
  const segmentKiB = 1 + chance.below(6);
  return {
    segmentBytes: 1024 * segmentKiB,
    eraseBytesAtOnce: segmentKiB < 4 ? 1 : 1024 * 1024, // 1: as few as there can be
    rangesAtOnce: segmentKiB < 4 ? 1 + chance.below(8) : 16_384,
    pendingBytesMax: 64 * 1024,
    behindBytesMax: 256 * chance.below(7),
    compactBytesMin: 256 * (1 + chance.below(4)),
    markEveryBytes: 128 * (1 + chance.below(16)),
    reserveMin: 2 + chance.below(6),
    reserveMax: 16,
    groupBytesMax: 1024 * (1 + chance.below(4)),
    shareBytesMax: 256 * (1 + chance.below(6)),
    takeBytesMax: 1 + chance.below(4096),
    directAtOnce: 1 + chance.below(2),
    journalBytes: 4096 + 1024 * (2 + chance.below(8)),
    journalFilesMax: 2 + chance.below(2),
    openFilesMax: 3 + chance.below(20),
    freeBytesMin: 0,
  };
}
