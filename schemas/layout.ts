import * as z from 'zod';

/**
 * The layout of everything that is stored; each item and each data folder carries it. Raised with every change that
 * an older reader would misread; from then on a newer version also reads the one before it.
 */
export const LAYOUT = 1 as const;

export const Layout = z.literal(LAYOUT);
