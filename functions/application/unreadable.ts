/** A stored item is not of its schema. Nothing is decided on it. */
export class UnreadableItem extends Error {
  override name = 'UnreadableItem' as const;
}

/** A stored item was written by a version of another layout. Nothing of it is read, for it may mean something else. */
export class OtherLayout extends Error {
  override name = 'OtherLayout' as const;
}

export function isUnreadable(error: unknown): error is UnreadableItem | OtherLayout {
  return error instanceof UnreadableItem || error instanceof OtherLayout;
}
