/** Other writers kept changing the row while it was read. Retried by the rule's retry policy. */
export class RowContended extends Error {
  override name = 'RowContended' as const;
}

/** Other folders won every race. Retried by the caller's retry policy. */
export class FoldContended extends Error {
  override name = 'FoldContended' as const;
}

/** Another folder was faster and folds the same labels: nothing is wrong. */
export function isOutrun(error: unknown): boolean {
  return error instanceof FoldContended || error instanceof RowContended;
}

/** The forecast could not be moved to the version of the ledger. Retried by the caller's retry policy. */
export class ForecastContended extends Error {
  override name = 'ForecastContended' as const;
}
