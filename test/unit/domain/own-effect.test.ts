import { describe, expect, it } from 'vitest';
import { touchedBy } from '../../../functions/domain/own-effect.ts';
import { aDecision, anEffect } from '../../fixtures/builders.ts';

const acting = {
  ...{ decisionId: 'dec_acting', at: '2026-11-20T12:00:00.000Z' },
  ...{ until: '2026-11-20T12:00:10.000Z', note: false },
};
const refused = anEffect({ decisionId: 'dec_acting', status: 'refused' });
const effect = anEffect({ decisionId: 'dec_done', at: '2026-11-20T12:00:00.000Z' });

describe('a round whose scheduler was touched', () => {
  it.each<[string, Parameters<typeof touchedBy>[0], string | null]>([
    ['nothing was done', {}, null],
    ['a statement was made', { effect }, null],
    ['it was done', { effect: { ...effect, intervened: true } }, 'dec_done'],
    [
      'it failed, and the scheduler may have been touched',
      { effect: { ...effect, intervened: true, status: 'failed' } },
      'dec_done',
    ],
    ['it was taken back', { effect: { ...effect, intervened: true, status: 'undone' } }, null],
    ['it has begun, and nothing is known of it', { acting }, 'dec_acting'],
    ['a note has begun, which changes no queueing', { acting: { ...acting, note: true } }, null],
    ['it was refused after it had begun', { acting, effect: { ...refused, at: acting.at } }, null],
    ['the one before was refused', { acting, effect: { ...refused, at: '2026-11-20T11:00:00.000Z' } }, 'dec_acting'],
    [
      'it has begun after a statement had been made',
      { acting, effect: { ...effect, at: '2026-11-20T11:59:59.999Z' } },
      'dec_acting',
    ],
    [
      'a human had it done, and the own effect was taken back since',
      {
        decision: aDecision({ decisionId: 'dec_row' }),
        acting: { ...acting, decisionId: 'dec_row.asked' },
        effect: {
          ...effect,
          decisionId: 'dec_row',
          intervened: true,
          status: 'undone',
          at: '2026-11-20T12:00:09.000Z',
        },
      },
      'dec_row',
    ],
    [
      'a human had it done beside a statement',
      {
        decision: aDecision({ decisionId: 'dec_row' }),
        effect: { ...effect, decisionId: 'dec_row' },
        approved_effect: { ...effect, decisionId: 'dec_row.asked', intervened: true },
      },
      'dec_row',
    ],
  ])('is known as such where %s', (_, row, decision) => {
    expect(touchedBy(row)).toBe(decision);
  });
});
