import type { Identity } from './identity.ts';

/** One resource with its properties made concrete; `where` names it in messages. */
export interface Found {
  readonly id: string;
  readonly where: string;
  readonly identity: Identity;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Makes something of every resource of a type; what cannot be made is noted as a problem. */
export type Each = <T>(type: string, make: (found: Found) => T) => T[];
