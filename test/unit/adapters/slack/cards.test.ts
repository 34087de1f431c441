import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECTION_LIMIT } from '../../../../functions/adapters/slack/blocks.ts';
import { requestCard, settledCard, stateWords } from '../../../../functions/adapters/slack/cards.ts';
import type { SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { code, prose } from '../../../../functions/adapters/slack/escape.ts';
import { evidenceMessage } from '../../../../functions/adapters/slack/evidence.ts';
import { listCard } from '../../../../functions/adapters/slack/list-card.ts';
import { statementMessage } from '../../../../functions/adapters/slack/statement.ts';
import { calibrationMark } from '../../../../functions/adapters/slack/wording.ts';
import {
  ANNA,
  ASKED,
  aDecision,
  anApproval,
  anOwnDecision,
  buttons,
  requeue,
  words,
} from '../../application/approvals/builders.ts';

const HOSTILE = '<!channel> `*bold*` & <https://evil.example|click> \n*Approved* by <@U0BOSS>\u202e\u0000 ~x~';

describe('escaping', () => {
  it('leaves no way to ping, link, format or break a line', () => {
    const safe = prose(HOSTILE, 500);
    expect(safe).not.toMatch(/[<>`*\p{Cc}\u202e]|\S~/u);
    expect(safe).toContain('&lt;!channel&gt;');
  });

  it('never exceeds its length and never cuts an entity, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 2, max: 300 }), (text, max) => {
        const safe = prose(text, max);
        expect(safe.length).toBeLessThanOrEqual(max);
        expect(safe.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&`\n]/);
      }),
    );
  });

  it('keeps a code span closed and not empty', () => {
    expect(code('`', 50)).toBe('`\\u{60}`');
    expect(code('\n', 50)).toBe('`\\u{a}`');
    expect(code('', 50)).toBe('`-`');
  });
});

describe('the mark operators know', () => {
  it.each([
    [0.8501, '✅ calibration: 85%'],
    [0.85, '⚠️ calibration: 85%'],
    [0.6001, '⚠️ calibration: 60%'],
    [0.6, '❓ calibration: 60%'],
    [0.29, '❓ calibration: 29%'],
    [1, '✅ calibration: 100%'],
    [null, '❓ calibration: unknown'],
    [Number.NaN, '❓ calibration: unknown'],
  ])('shows %s as %s', (score, shown) => expect(calibrationMark(score)).toBe(shown));
});

const LEARNING = [
  { code: 'learning', message: 'still learning: needs 38 more labels (12 of 50)', scope: 'escalate' as const },
];
const WHOSE = 'owner `olga` · 4 GPUs · queue `gpu-long` · cluster `west-1`';
const SURE =
  '*Why:* likely (q 82 %) to wait longer than 5 minutes, about 12 minutes; right here 41 of 50 times (82 %, suggest promises 65 %); n 212 · ⚠️ calibration: 72%. Asked because: suggest: ECE 0.056, at most 0.050.';
/** Without the buttons and between the blocks there is nothing to read. */
const linesOf = (message: SlackMessage) =>
  words(message)
    .split('\n')
    .filter((line) => line !== '');
const SILENCE = '*If nobody answers by 12:00 UTC*, nothing is done; void as soon as the job starts.';

describe('the card of a pending approval, read on a phone', () => {
  it('says what to whose job, why with numbers, and what silence means', () => {
    expect(linesOf(requestCard(anApproval()))).toEqual([
      '🚨 *Human Review Needed*',
      'Move job `job-17` to queue `short`?',
      WHOSE,
      SURE,
      SILENCE,
    ]);
  });

  it('says of a dry run that it is one, and would, and what it would have done before', () => {
    const already = { action: 'annotate', dryRun: true };
    const card = requestCard(anApproval({ pinned: aDecision({ dryRun: true }), already }));
    expect(linesOf(card)).toEqual([
      '🚨 *Human Review Needed* · *dry run*, nothing is touched',
      'Would move job `job-17` to queue `short`. Would already have been annotated.',
      WHOSE,
      SURE,
      '*If nobody answers by 12:00 UTC*, nothing would be done; void as soon as the job starts.',
    ]);
  });

  it('says in a few words what was done autonomously before', () => {
    const card = words(requestCard(anApproval({ already: { action: 'warn', dryRun: false } })));
    expect(card).toContain('Move job `job-17` to queue `short`? Already warned about.');
  });

  it('asks whether a hold stays', () => {
    const card = requestCard(anApproval({ question: 'keep', record: { seen: 40, right: 38, promise: 0.87 } }));
    expect(linesOf(card)).toEqual([
      '🚨 *Human Review Needed*',
      'Job `job-17` is held. Keep it held, or release it?',
      WHOSE,
      '*Why:* likely (q 82 %) to wait longer than 5 minutes, about 12 minutes; right here 38 of 40 times (95 %, gate promises 87 %); ECE 0.056, n 212 · ⚠️ calibration: 72%. A hold stays only if a human says so.',
      '*If nobody answers by 12:00 UTC*, the hold is released; void as soon as the job is cancelled.',
    ]);
    expect(buttons(card).map(({ label }) => label)).toEqual(['Keep hold', 'Release', 'Details', 'Freeze cluster']);
  });

  it('calls a cluster that is still learning just that, without alarm and without a mark', () => {
    const { evidence } = aDecision();
    const nothing = { score: null, ece: null, eceLower: null, eceUpper: null, nullMean: null };
    const pinned = aDecision({
      evidence: { ...evidence, ...nothing, n: 12, scope: 'escalate', reasons: LEARNING },
      reasons: LEARNING,
      passedOver: [{ tier: 3, reasons: LEARNING }],
    });
    const card = words(requestCard(anApproval({ pinned, record: { seen: 0, right: 0, promise: 0.65 } })));
    expect(card).toContain('🌱 *Human Review Needed*');
    expect(card).toContain(
      'no forecast like it has come out here yet (suggest promises 65 %); ECE not measured yet, n 12. Asked because: still learning: needs 38 more labels (12 of 50).',
    );
    expect(card).not.toMatch(/🚨|❓/);
  });

  it('shows no point wait that contradicts its own probability, and copes with what nobody knows', () => {
    const { prediction } = aDecision();
    const pinned = aDecision({
      prediction: { ...prediction, q: 0.96, waitSeconds: 100 },
      asks: { tier: 3, ...requeue({ action: 'adjust-priority', target: '+100' }) },
    });
    const { record: _record, user: _user, queue: _queue, gpus: _gpus, ...bare } = anApproval({ pinned });
    const card = words(requestCard(bare));
    expect(card).toContain('Change the priority of job `job-17` by `+100`?\nowner unknown · cluster `west-1`\n');
    expect(card).toContain(
      'almost certain (q 96 %) to wait longer than 5 minutes; how often suggest is right here is not known',
    );
    const none = aDecision({ prediction: { ...prediction, p: null, q: null } });
    expect(words(requestCard(anApproval({ pinned: none })))).toContain('there is no probability of a long wait');
  });

  it('names another day', () => {
    const card = words(requestCard(anApproval({ expires_at: '2026-11-21T02:00:00.000Z' })));
    expect(card).toContain('*If nobody answers by 2026-11-21 02:00 UTC*');
  });

  it('shows a job and a target of any legal length whole', () => {
    const [target, jobId] = ['x'.repeat(256), 'j'.repeat(256)];
    const card = words(
      requestCard(anApproval({ pinned: aDecision({ asks: { tier: 3, ...requeue({ target, jobId }) } }) })),
    );
    expect(card).toContain(`Move job \`${jobId}\` to queue \`${target}\`?`);
    const hostile = requestCard(
      anApproval({ pinned: aDecision({ asks: { tier: 3, ...requeue({ target: '\u{e0041}'.repeat(128), jobId }) } }) }),
    );
    expect(words(hostile)).toContain('\\u{e0041}'.repeat(128));
    expect(words(hostile)).not.toContain('…');
  });

  it('shows names that hide or pretend as what they are', () => {
    const pinned = aDecision({ asks: { tier: 3, ...requeue({ target: 'sh\u043ert' }) } });
    const card = words(requestCard(anApproval({ pinned, user: 'mal\u202elory' })));
    expect(card).toContain('to queue `sh\\u{43e}rt` (⚠️ mixes in Cyrillic letters)?');
    expect(card).toContain('owner `mal\\u{202e}lory` (⚠️ unusual characters, shown by their codes) · 4 GPUs');
  });

  it('has buttons that carry the approval id and nothing else', () => {
    const approval = anApproval();
    expect(buttons(requestCard(approval))).toEqual([
      { action: 'approve', value: approval.approval_id, label: 'Approve' },
      { action: 'deny', value: approval.approval_id, label: 'Deny' },
      { action: 'details', value: approval.approval_id, label: 'Details' },
      { action: 'freeze', value: approval.approval_id, label: 'Freeze cluster' },
    ]);
  });

  it('leaves the rest to Details, which repeats no sentence of it', () => {
    const passedOver = [
      {
        tier: 4,
        reasons: [
          { code: 'evidence', message: 'gate: 3 of 20 outcomes with q >= 0.90 seen', scope: 'escalate' as const },
        ],
      },
      ...aDecision().passedOver,
    ];
    const approval = anApproval({
      pinned: aDecision({ passedOver }),
      alternatives: [
        { action: 'adjust-priority', target: '-50' },
        { action: 'requeue', target: '<!here>' },
      ],
    });
    const details = words(evidenceMessage(approval));
    expect(details).toContain('• `evidence` gate: 3 of 20 outcomes with q &gt;= 0.90 seen');
    expect(details).toContain('ECE between 0.030 and 0.062 with 90 % certainty; a perfect model would show 0.021');
    expect(details).toContain('90 % of the time 4m to 31m, at most 25m');
    expect(details).toContain(
      'let it wait (forecast: about 12 minutes) · change the priority of it by `-50` · move it to queue `&lt;!here&gt;`',
    );
    const card = new Set(words(requestCard(approval)).split(/[.;?\n]\s*/));
    for (const sentence of details.split(/[.;\n]\s*/)) if (sentence.length > 12) expect(card).not.toContain(sentence);
  });

  it('stays within what Slack accepts when every text from outside is hostile and long', () => {
    const long = HOSTILE.repeat(100);
    const reasons = Array.from({ length: 30 }, () => ({ code: long, message: long, scope: 'escalate' as const }));
    const args = { action: long, clusterId: long, jobId: long, target: long, text: long };
    const about = { reasons, statement: long, jobId: long, clusterId: long };
    const pinned = aDecision({ ...about, asks: { tier: 3, arguments: args, argumentsHash: long } });
    const own = anOwnDecision({ ...about, arguments: args });
    const change = { user: long, queue: long, decided_by: long, decided_reason: long };
    const approval = anApproval({ pinned, status: 'void', ...change });
    const effect = { status: 'failed', action: long, decisionId: 'd', at: '', reason: long, intervened: true } as const;
    const messages = [
      requestCard(approval),
      settledCard(approval, ASKED),
      settledCard(
        { ...approval, status: 'denied', decided_via: 'cli', effect: { ...effect, at: ASKED.toISOString() } },
        ASKED,
      ),
      evidenceMessage(approval),
      statementMessage(own, effect, change),
      listCard({ link: () => 'https://slack.test' }, 'LIST@1', [approval, approval]),
    ];
    for (const message of messages) {
      expect(JSON.stringify(message)).not.toMatch(/<!channel>|<https:..evil|<@U0BOSS>/);
      for (const block of message.blocks) {
        if (block.type === 'section') expect(block.text?.text.length).toBeLessThanOrEqual(SECTION_LIMIT);
      }
    }
  });
});

describe('the card of a decided approval', () => {
  const decided = { decided_by: ANNA, decided_at: '2026-11-20T08:05:00.000Z', decided_reason: 'job already started' };

  it.each([
    ['approved', 'act', '✅ *Approved* by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['denied', 'act', '⛔ *Denied* by <@U0ANNA>, 2026-11-20 08:05 UTC; nothing is done.'],
    ['expired', 'act', '⏳ *Expired*: nobody answered by 2026-11-20 12:00 UTC; nothing is done.'],
    ['void', 'act', '🚫 *Void*, 2026-11-20 08:05 UTC: job already started; nothing is done.'],
    ['approved', 'keep', '✅ *Hold kept* by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['denied', 'keep', '↩️ *Release* decided by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['expired', 'keep', '⏳ *Expired*: nobody answered by 2026-11-20 12:00 UTC; the hold is released.'],
  ] as const)('words %s (%s) truly and has no button but Undo', (status, question, text) => {
    const approval = anApproval({ ...decided, status, question });
    expect(stateWords(approval)).toBe(text);
    const left = status === 'approved' ? ['undo'] : [];
    expect(buttons(settledCard(approval, ASKED)).map(({ action }) => action)).toEqual(left);
  });
});

describe('what came of an answer', () => {
  const decided = { decided_by: ANNA, decided_at: '2026-11-20T08:05:00.000Z', decided_via: 'slack' } as const;
  const at = '2026-11-20T08:05:10.000Z';

  it('is said with until when it can be undone', () => {
    const approval = anApproval({ ...decided, status: 'approved', effect: { status: 'done', at } });
    const card = words(settledCard(approval, new Date(at)));
    expect(card).toContain('*Done*, 2026-11-20 08:05 UTC, and read back from the scheduler.');
    expect(card).toContain('It can be undone here until 2026-11-20 08:20 UTC.');
  });

  it('says honestly of what has no way back that it cannot be undone', () => {
    const pinned = aDecision({ asks: { tier: 3, ...requeue({ action: 'terminate' }) } });
    const approval = anApproval({ ...decided, pinned, status: 'approved', effect: { status: 'done', at } });
    expect(words(settledCard(approval, new Date(at)))).toContain('`terminate` cannot be undone from here.');
    expect(buttons(settledCard(approval, new Date(at)))).toEqual([]);
  });

  it('never calls a hold released before it is', () => {
    const approval = anApproval({ ...decided, status: 'denied', question: 'keep' });
    expect(words(settledCard(approval, new Date(at)))).toContain('The hold is being released.');
    const failed = { ...approval, effect: { status: 'failed', at, reason: 'it runs' } } as const;
    expect(words(settledCard(failed, new Date(at)))).toContain('*Failed*, 2026-11-20 08:05 UTC: it runs.');
  });
});

describe('a decided question of a dry run', () => {
  const decided = { decided_by: ANNA, decided_at: '2026-11-20T08:05:00.000Z', decided_via: 'slack' } as const;
  const pinned = aDecision({ dryRun: true });

  it('would have, also after it is over, and offers nothing to undo', () => {
    const effect = { status: 'dryRun', at: decided.decided_at, reason: 'would have moved job job-17' } as const;
    const card = settledCard(anApproval({ ...decided, status: 'approved', pinned, effect }), ASKED);
    expect(linesOf(card)).toEqual([
      '✅ *Approved in dry run* by <@U0ANNA>, 2026-11-20 08:05 UTC.',
      '*Dry run*, 2026-11-20 08:05 UTC: it would have been done; nothing was touched.',
      '*Asked in dry run:* Would move job `job-17` to queue `short`.',
      WHOSE,
    ]);
    expect(buttons(settledCard(anApproval({ ...decided, status: 'approved', pinned }), ASKED))).toEqual([]);
  });

  it.each([
    ['denied', '⛔ *Denied* by <@U0ANNA>, 2026-11-20 08:05 UTC; nothing would have been done.'],
    ['expired', '⏳ *Expired*: nobody answered by 2026-11-20 12:00 UTC; nothing would have been done.'],
    ['void', '🚫 *Void*, 2026-11-20 08:05 UTC: it no longer fits the situation; nothing would have been done.'],
  ] as const)('when %s', (status, text) => {
    expect(stateWords(anApproval({ ...decided, status, pinned }))).toBe(text);
  });
});

describe('what the agent did on its own', () => {
  const effect = { action: 'requeue', decisionId: 'd', at: ASKED.toISOString(), intervened: false } as const;

  it('in dry run is what it would have done, and why people are notified is why its cluster is watched', () => {
    const message = statementMessage(
      anOwnDecision({ dryRun: true }),
      { ...effect, status: 'dryRun' },
      { user: 'olga', gpus: 1 },
    );
    expect(linesOf(message)).toEqual([
      '🤖 *Dry run:* Would have moved job `job-17` to queue `short`.',
      'owner `olga` · 1 GPU · cluster `west-1`',
      '_You are notified because:_ calibration score 0.720 has to be above 0.85 · ⚠️ calibration: 72%',
    ]);
  });

  it('and failed is said as a failure', () => {
    const failed = { ...effect, status: 'failed', reason: 'read back different' } as const;
    expect(words(statementMessage(anOwnDecision(), failed, {}))).toContain(
      '🤖 *Failed:* Move job `job-17` to queue `short` (read back different).',
    );
  });
});
