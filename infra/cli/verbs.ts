import type { Command } from 'commander';

/** One verb of `vgac`. Its file is loaded only when it is asked for, so that each verb starts as fast as it can. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ define(command: Command): void }>;
}

/** Every verb, in the order of `vgac --help`. A new one needs a file that exports `define`, and a line here. */
export const VERBS: readonly Verb[] = [
  { name: 'start', summary: 'run the whole system on this machine', load: () => import('./start.ts') },
  { name: 'sign-in', summary: 'print a link that opens the page', load: () => import('./sign-in.ts') },
  { name: 'replay', summary: 'play the history of clusters through the gate', load: () => import('./replay.ts') },
  { name: 'configure', summary: 'apply the configuration of clusters', load: () => import('./configure.ts') },
  { name: 'freeze', summary: 'stop every effect on a cluster, or on all of them', load: () => import('./freeze.ts') },
  { name: 'approve', summary: 'list and answer approvals without Slack', load: () => import('./approve.ts') },
  {
    name: 'collector-key',
    summary: 'make the access key of one collector',
    load: () => import('./collector-key.ts'),
  },
  { name: 'audit', summary: 'tell the story of a job, or export all stories', load: () => import('./audit.ts') },
  { name: 'recalibrate', summary: 'show, promote and roll back refits', load: () => import('./recalibrate.ts') },
  {
    name: 'backup',
    summary: 'copy the data folder, also while a system runs on it',
    load: () => import('./backup.ts'),
  },
  { name: 'restore', summary: 'put a backup in the place of the data folder', load: () => import('./restore.ts') },
  { name: 'doctor', summary: 'verify everything in a data folder', load: () => import('./doctor.ts') },
  { name: 'schemas', summary: 'write the JSON Schemas for collectors', load: () => import('./schemas.ts') },
];
