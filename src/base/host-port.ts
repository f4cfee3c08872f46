// Hosts and ports as one text: an IPv6 address stands in brackets, so that its colons are not taken for the port's.

/** As Go's net.JoinHostPort. */
export function hostPort(host: string, port: number): string {
  return `${bracketed(host)}:${port}`;
}

export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
