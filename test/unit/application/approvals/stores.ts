import {
  answerOutsideSlackStore,
  clickStore,
  expireStore,
  notifyStore,
  requestStore,
  sweepStore,
  takeBackStore,
  voidApprovalStore,
} from '../../../../functions/adapters/tables/approval-stores.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';

/** The stores of all use cases around an approval in one, so that a test hands the same ports to each. */
export const everyStore = (table: Table) => ({
  ...answerOutsideSlackStore(table),
  ...clickStore(table),
  ...expireStore(table),
  ...notifyStore(table),
  ...requestStore(table),
  ...sweepStore(table),
  ...takeBackStore(table),
  ...voidApprovalStore(table),
});
