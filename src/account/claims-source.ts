// Where account JWTs can be asked for that the store does not have.

/** A JWT, not yet believed, or why there is none. */
export type Fetched =
  | { readonly kind: "jwt"; readonly jwt: string }
  | { readonly kind: "none"; readonly why: string };

export interface ClaimsSource {
  /** Asks for the JWT of the account with that public key. Answers once, at once or later; a late answer ends its own turn. */
  fetch(id: string, answered: (answer: Fetched) => void): void;
}

/** Publishes the lookups of a server of its own, so that it can tell that it asks itself. */
export const ownLookup: object = Object.freeze({});
