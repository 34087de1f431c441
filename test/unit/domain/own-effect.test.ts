import { describe, expect, it } from 'vitest';
import { touchedBy } from '../../../functions/domain/own-effect.ts';
import { anEffect } from '../../fixtures/builders.ts';

const acting = { decisionId: 'dec_acting', at: '2026-11-20T12:00:00.000Z' };
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
    ['it was refused after it had begun', { acting, effect: { ...effect, status: 'refused' } }, null],
    [
      'it has begun after a statement had been made',
      { acting, effect: { ...effect, at: '2026-11-20T11:59:59.999Z' } },
      'dec_acting',
    ],
  ])('is known as such where %s', (_, row, decision) => {
    expect(touchedBy(row)).toBe(decision);
  });
});
