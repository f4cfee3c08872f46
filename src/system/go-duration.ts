// Durations as Go and nats-server print them.

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

/** `1y2d3h4m5s` without fractions [nats-server monitor.go myUptime]. */
export function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  if (years > 0) return `${years}y${days % 365}d${hours % 24}h${minutes % 60}m${seconds % 60}s`;
  if (days > 0) return `${days}d${hours % 24}h${minutes % 60}m${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
