/** The file with the tables cannot be opened as it is. */
export class TablesUnusable extends Error {
  override readonly name = 'TablesUnusable' as const;
}

/** What to do about a file that is of no use. */
export const ANEW = 'restore the data folder from a backup with vgac restore, or start anew with --fresh';
