/** Id of the digest of one day (UTC, `2026-11-20`); what its button carries. */
export const digestIdOf = (clusterId: string, date: string) => `DAY@${clusterId}@${date}`;
