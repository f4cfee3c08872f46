// How lists are cut into pages.

import type { ListOrder } from "../../api-client/shapes.ts";

export interface Page {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly orderBy: ListOrder;
}

export interface Listed<T> {
  /** Of all pages. */
  readonly totalCount: number;
  readonly items: readonly T[];
}
