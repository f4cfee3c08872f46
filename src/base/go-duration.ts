// Durations as Go prints them.

const nsPerSecond = 1_000_000_000;

/** `1.5ms`, `2m3.25s` [go time.Duration.String]. */
export function goDuration(ns: number): string {
  const whole = Math.round(ns);
  if (whole < nsPerSecond) {
    if (whole === 0) return "0s";
    if (whole < 1_000) return `${whole}ns`;
    if (whole < 1_000_000) return `${whole / 1_000}µs`;
    return `${whole / 1_000_000}ms`;
  }
  const seconds = whole / nsPerSecond;
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
