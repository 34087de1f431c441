/** The tiers from the lowest; tier 1 is the first. Beside no schema, so that the page can know them without zod. */
export const TIERS = ['annotate', 'warn', 'suggest', 'gate'] as const;
