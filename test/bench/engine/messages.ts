import type { Counts } from '../../../infra/cli/start/summary.ts';

/** What the system under load is started with, as JSON in its first argument. */
export interface SubjectSettings {
  readonly dataDir: string;
  readonly assemblyDir: string;
  readonly vgacUrl: string;
  readonly clusterIds: readonly string[];
}

/** What the system used since it started, all threads. */
export interface Usage {
  readonly cpuMs: number;
  readonly mainThreadMs: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  /** Requests on the wire by `x-amz-target`. */
  readonly calls: Readonly<Record<string, number>>;
}

export type FromSubject =
  | {
      readonly kind: 'ready';
      readonly url: string;
      readonly consoleUrl: string;
      readonly signInUrl: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    }
  /** Job id and epoch ms at which the decision was known to be recorded; how it was decided. */
  | { readonly kind: 'decided'; readonly jobs: readonly (readonly [jobId: string, at: number, executed: boolean])[] }
  /** Executions that ended. */
  | { readonly kind: 'closed'; readonly jobs: readonly (readonly [jobId: string, status: string])[] }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'account'; readonly account: Account };

/** Rows of jobs in the table, how many of them are closed, and what the closing table of npm start says. */
export interface Account
  extends Readonly<Pick<Counts, 'admitted' | 'duplicates' | 'quarantined' | 'deadLettered' | 'acted'>> {
  readonly rows: number;
  readonly closed: number;
}

export type ToSubject = { readonly kind: 'usage' } | { readonly kind: 'account' } | { readonly kind: 'close' };
