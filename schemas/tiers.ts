/**
 * The tiers, lowest first; the first is tier 1. In a file without schemas, so that the page can import it without
 * zod.
 */
export const TIERS = ['annotate', 'warn', 'suggest', 'gate'] as const;
