// The time of day where this machine stands, for lines that people read.

/** `2026-01-02T15:04:05.678`, without a zone. */
export function localIso(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
}
