// The servers that the rows of wire behaviour talk to, and the words that many rows share.

/** Of plainOfHash, by bcrypt at cost 4. */
export const hash = "$2a$04$QNNdZgQelk3AmX33AbIny.oUzSRz79Ujv9C6l10PNxsAHTm1kSwIq";
export const plainOfHash = "s3cretS3cretS3cretS3cret";

/** The servers the rows talk to, by their configuration. */
export const servers: Readonly<Record<string, string>> = {
  open: "",
  small: "max_payload: 64\nmax_control_line: 256",
  "two subscriptions": "max_subscriptions: 2",
  "three tokens": "max_sub_tokens: 3",
  "one connection": "max_connections: 1",
  "without headers": "no_header_support: true",
  password: 'authorization { user: ada, password: "s3cret" }',
  token: 'authorization { token: "t0ken" }',
  hashed: `authorization { user: ada, password: "${hash}" }`,
  guest:
    "authorization { users: [ { user: guest, password: x }, { user: ada, password: x } ] }\nno_auth_user: guest",
  system: `system_account: SYS, accounts { SYS { users [ { user: sys, password: x } ] } }`,
  permits: `authorization { users: [
    { user: ada, password: x, permissions: {
        publish: { allow: ["ok.>", "_INBOX.>"], deny: "ok.not" }
        subscribe: { allow: ["ok.>", "work crew", "inbox.*"], deny: ["ok.hidden", "ok.deep.>"] } } }
    { user: bob, password: x }
    { user: server, password: x, permissions: { subscribe: "ask", allow_responses: true } }
    { user: chatty, password: x, permissions: { subscribe: "ask", allow_responses: { max: 2, expires: "1m" } } }
    { user: mute, password: x, permissions: { publish: { deny: ">" } } }
  ] }`,
};

export const unknown = "-ERR 'Unknown Protocol Operation'\r\n";
export const violation = "-ERR 'Authorization Violation'\r\n";
export const block = "NATS/1.0\r\nA: 1\r\n\r\n";
export const headers = { headers: true };

/** A message with headers as HPUB: subject, optional reply, the block, the payload. */
export function hpub(subject: string, block: string, body: string): string {
  return `HPUB ${subject} ${block.length} ${block.length + body.length}\r\n${block}${body}\r\n`;
}
