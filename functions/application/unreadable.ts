/** A stored item does not match its schema. Nothing is decided on it. */
export class UnreadableItem extends Error {
  override name = 'UnreadableItem' as const;
}

/** Batches of a ledger are missing. A state computed from the rest would not be the one that was lost. */
export class LedgerIncomplete extends UnreadableItem {
  /** @param holes first and last version of each run of missing batches */
  constructor(clusterId: string, holes: readonly (readonly [first: number, last: number])[]) {
    const named = holes.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
    super(`the ledger of ${clusterId} lacks the batches ${named.join(', ')}: restore the table from a backup`);
  }
}

/** A stored item has another version's layout. None of it is read, since it may mean something else. */
export class OtherLayout extends Error {
  override name = 'OtherLayout' as const;
}

export function isUnreadable(error: unknown): error is UnreadableItem | OtherLayout {
  return error instanceof UnreadableItem || error instanceof OtherLayout;
}
