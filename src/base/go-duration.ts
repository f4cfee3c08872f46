// Durations as Go prints them. [Go time.Duration.String]

const nsPerMs = 1e6;

/** "2m0s", "1.5s", "100ms", "0s"; to the nanosecond. */
export function goDuration(ms: number): string {
  const ns = Math.round(Math.abs(ms) * nsPerMs);
  const sign = ms < 0 ? "-" : "";
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${trimmed(ns / 1e3)}µs`;
  if (ns < 1e9) return `${sign}${trimmed(ns / 1e6)}ms`;
  const minutes = Math.floor(ns / 60e9);
  const seconds = `${trimmed((ns - minutes * 60e9) / 1e9)}s`;
  if (minutes === 0) return `${sign}${seconds}`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60}m${seconds}`;
}

function trimmed(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}
