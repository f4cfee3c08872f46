// One page of an ordered, filtered table, with the count of all pages.

import type { ListOrder } from "../../api-client/shapes.ts";
import type { Listed, Page } from "../model/page.ts";
import type { Row, Sql } from "./database.ts";
import { all, integer, one } from "./rows.ts";

/** A condition with one placeholder, and what stands for it. */
export type Filter = readonly [condition: string, value: string];

// The id makes every order total: pages asked for one after another neither repeat nor skip.
const orders: Readonly<Record<ListOrder, string>> = {
  created_at_asc: "created_us asc, id asc",
  created_at_desc: "created_us desc, id desc",
  updated_at_asc: "updated_us asc, id asc",
  updated_at_desc: "updated_us desc, id desc",
  name_asc: "name asc, id asc",
  name_desc: "name desc, id desc",
};

/** `from` may join; the ordering columns are those of `columns`. Both are constants of this room. */
export async function listed<T>(
  sql: Sql,
  from: string,
  columns: string,
  filters: readonly Filter[],
  page: Page,
  read: (row: Row) => T,
): Promise<Listed<T>> {
  const where = filters.map(([condition]) => condition).join(" and ");
  const values = filters.map(([, value]) => value);
  const counted = sql.all(`select count(*) as n from ${from} where ${where}`, ...values);
  const totalCount = (await one(counted, (row) => integer(row, "n"))) ?? 0;
  const text = `select * from (select ${columns} from ${from} where ${where}) as found order by ${orders[page.orderBy]} limit ? offset ?`;
  const items = await all(sql.all(text, ...values, page.pageSize, (page.page - 1) * page.pageSize), read);
  return { totalCount, items };
}
