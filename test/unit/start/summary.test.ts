import { describe, expect, it } from 'vitest';
import {
  disagreements,
  type Facts,
  type JobFact,
  NO_CLUSTER,
  renderSummary,
  SUMMARY_KEYS,
  summarise,
} from '../../../infra/embedded/summary.ts';

const job = (more: Partial<JobFact> = {}): JobFact => ({
  clusterId: 'a',
  scope: 'autonomous',
  late: false,
  holdout: false,
  status: 'executed',
  labelled: true,
  folded: true,
  ...more,
});
const facts = (more: Partial<Facts> = {}): Facts => ({
  jobs: [],
  approvals: [],
  duplicates: [],
  quarantined: [],
  deadLettered: [],
  accepted: 0,
  ...more,
});

describe('the closing table', () => {
  it('has exactly the documented keys, in total and per cluster', () => {
    const keys =
      'jobs admitted duplicates quarantined deadLettered autonomous notified escalated failed undecided late holdout executed withheld approvals approved denied expired void openApprovals outcomes folded';
    const { total, clusters } = summarise(facts({ jobs: [job()], accepted: 1 }));
    expect(SUMMARY_KEYS.join(' ')).toBe(keys);
    expect(Object.keys(total).join(' ')).toBe(keys);
    expect(Object.keys(clusters.a ?? {}).join(' ')).toBe(keys);
  });

  it('counts each admitted job once, a failure before its scope', () => {
    const summary = summarise(
      facts({
        jobs: [
          job(),
          job({ scope: 'notify' }),
          job({ scope: 'escalate', status: 'withheld' }),
          job({ status: 'failed' }),
          job({ scope: null, status: 'failed' }),
          job({ scope: null, status: null, labelled: false, folded: false }),
        ],
        accepted: 6,
      }),
    );
    expect(summary.total).toMatchObject({
      admitted: 6,
      autonomous: 1,
      notified: 1,
      escalated: 1,
      failed: 2,
      undecided: 1,
    });
    expect(summary.total).toMatchObject({ executed: 2, withheld: 1, outcomes: 5, folded: 5 });
    expect(disagreements(summary)).toEqual([]);
  });

  it('counts late and held-out jobs inside their scope', () => {
    const { total } = summarise(
      facts({ jobs: [job({ late: true, status: 'late' }), job({ holdout: true, status: 'holdout' })], accepted: 2 }),
    );
    expect(total).toMatchObject({ autonomous: 2, late: 1, holdout: 1, executed: 0 });
  });

  it('accounts for duplicates, quarantine and dead letters, those of no cluster too', () => {
    const summary = summarise(
      facts({ jobs: [job()], duplicates: ['a'], quarantined: [null, 'b'], deadLettered: [null], accepted: 5 }),
    );
    expect(summary.total).toMatchObject({ jobs: 5, admitted: 1, duplicates: 1, quarantined: 2, deadLettered: 1 });
    expect(summary.clusters[NO_CLUSTER]).toMatchObject({ jobs: 2, quarantined: 1, deadLettered: 1 });
    expect(disagreements(summary)).toEqual([]);
  });

  it('adds approvals up by how they ended', () => {
    const statuses = ['approved', 'denied', 'expired', 'void', 'pending'] as const;
    const summary = summarise(facts({ approvals: statuses.map((status) => ({ clusterId: 'a', status })) }));
    expect(summary.total).toMatchObject({
      approvals: 5,
      approved: 1,
      denied: 1,
      expired: 1,
      void: 1,
      openApprovals: 1,
    });
    expect(disagreements(summary)).toEqual([]);
  });

  it('shows a lost event as sums that do not agree', () => {
    expect(disagreements(summarise(facts({ jobs: [job()], accepted: 2 })))).toEqual([
      'total: jobs is 2, admitted + duplicates + quarantined + deadLettered is 1',
    ]);
  });

  it('shows ECE only with n and what a perfect model would show', () => {
    const summary = summarise(facts({ jobs: [job()], accepted: 1 }));
    const text = renderSummary(summary, new Map([['a', { ece: 0.0123, nullMean: 0.02, n: 300, score: 0.94 }]]));
    expect(text).toContain('0.012 (n 300, perfect 0.020)');
    expect(renderSummary(summary, new Map())).toContain('ECE');
  });
});
