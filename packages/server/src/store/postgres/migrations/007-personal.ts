import type { Migration } from "../migrate.ts";

/** Whether a settled order still has its customer's data. */
const PERSONAL = `
ALTER TABLE orders ADD COLUMN personal boolean NOT NULL DEFAULT true;
CREATE INDEX orders_personal ON orders (created_at, num)
  WHERE personal AND status IN ('completed', 'rejected', 'cancelled', 'failed');
`;

export const personal: Migration = { number: 7, name: "personal", sql: PERSONAL, worksFrom: 1 };
