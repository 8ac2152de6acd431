import type { Migration } from "../migrate.ts";

/** Whether a settled order still has its customer's data. */
const PERSONAL = `
ALTER TABLE orders ADD COLUMN personal INTEGER NOT NULL DEFAULT 1;
CREATE INDEX orders_personal ON orders (created_at)
  WHERE personal = 1 AND status IN ('completed', 'rejected', 'cancelled', 'failed');
`;

export const personal: Migration = { number: 4, name: "personal", sql: PERSONAL };
