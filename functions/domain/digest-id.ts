/** Id of the digest of one day (UTC, `2026-11-20`), carried by its button. */
export const digestIdOf = (clusterId: string, date: string) => `DAY@${clusterId}@${date}`;
