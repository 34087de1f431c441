/** How long a one-time sign-in link works. */
export const LINK_MINUTES = 10;
/** How long a browser stays signed in. */
export const SESSION_HOURS = 12;
