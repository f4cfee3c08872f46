// What a browser is answered that was given http:// where TLS is spoken: in plain, since that is what it reads.
// [Go net/http conn.serve]

/** OpenSSL's reason why such a handshake fails. */
export const httpInsteadOfTls = "http request";

/** The whole answer, ASCII. */
export const plainHttpAnswer =
  "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
