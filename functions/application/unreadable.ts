/** A stored item does not match its schema. Nothing is decided on it. */
export class UnreadableItem extends Error {
  override name = 'UnreadableItem' as const;
}

/** A stored item has another version's layout. None of it is read, since it may mean something else. */
export class OtherLayout extends Error {
  override name = 'OtherLayout' as const;
}

export function isUnreadable(error: unknown): error is UnreadableItem | OtherLayout {
  return error instanceof UnreadableItem || error instanceof OtherLayout;
}
