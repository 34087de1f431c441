import { globSync, readFileSync } from 'node:fs';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { admissionStore } from '../../../../functions/adapters/tables/admission-store.ts';
import { audit } from '../../../../functions/adapters/tables/approval-audit.ts';
import { openApproval } from '../../../../functions/adapters/tables/approvals.ts';
import { takePlace } from '../../../../functions/adapters/tables/asking.ts';
import { useAction } from '../../../../functions/adapters/tables/cooldown-and-rate.ts';
import { beginDigest } from '../../../../functions/adapters/tables/daily-digests.ts';
import { keepExplanation, spendOne } from '../../../../functions/adapters/tables/explanations.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { putFreeze } from '../../../../functions/adapters/tables/freeze.ts';
import { loadJob } from '../../../../functions/adapters/tables/jobs.ts';
import { mendStore } from '../../../../functions/adapters/tables/mend-store.ts';
import { outcomeStore } from '../../../../functions/adapters/tables/outcome-store.ts';
import { saveProfile } from '../../../../functions/adapters/tables/profile.ts';
import { changeCrowd, pinList } from '../../../../functions/adapters/tables/question-lists.ts';
import { saveRefit } from '../../../../functions/adapters/tables/refits.ts';
import { signedRequests } from '../../../../functions/adapters/tables/signed-requests.ts';
import { changeStatements } from '../../../../functions/adapters/tables/statements.ts';
import { jobKey, parseItem } from '../../../../functions/adapters/tables/table.ts';
import { admitRound } from '../../../../functions/application/decisions/admit-round.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { mendFromLedger } from '../../../../functions/application/outcomes/mend-from-ledger.ts';
import { takeOutcome } from '../../../../functions/application/outcomes/take-outcome.ts';
import { OtherLayout } from '../../../../functions/application/unreadable.ts';
import { joined } from '../../../../functions/domain/crowd.ts';
import { learn } from '../../../../functions/domain/profile.ts';
import { withStatement } from '../../../../functions/domain/rolling-statements.ts';
import { ownSubject } from '../../../../functions/domain/subject.ts';
import { applyClusters } from '../../../../infra/cli/configure/apply-clusters.ts';
import { LAYOUT } from '../../../../schemas/layout.ts';
import { published } from '../../../../schemas/published.ts';
import { aJob } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { configOf, decided, decisionOf, instant, moment, OVERDUE, T } from '../../application/outcomes/fixture.ts';

const dynamo = useTable();
const root = new URL('../../../../', import.meta.url);

/** Writes at least one item of every kind. */
async function everything(clusterId: string): Promise<void> {
  const { table } = dynamo;
  const config = configOf(clusterId);
  const now = moment(10);
  await applyClusters(table, [config], now);
  await decided(table, clusterId, 'job');
  const fact = { type: 'JobStarted', at: instant(5) } as const;
  await takeOutcome(outcomeStore(table), { clusterId, jobId: 'named', submittedAt: instant(0), fact }, T, now);
  await takeOutcome(outcomeStore(table), { clusterId, jobId: 'unnamed', submittedAt: null, fact }, T, now);
  await foldCluster(foldStore(table), config, OVERDUE);
  await mendFromLedger(mendStore(table), config);
  await useAction(table, config, { jobId: 'job', action: 'hold' }, 'dec_1', now);
  await putFreeze(table, clusterId, { by: 'U0ANNA', reason: 'test', now });
  const seen = { queueDepth: 1, gpuUtilization: 1, gpuMemoryUsed: 1, pendingJobs: 1, runningJobs: 1 };
  await saveProfile(table, clusterId, learn(null, seen, null, null, now));
  const kept = { proof: null, reason: '', by: 'x', version: 1, at: instant(10), after_labels: 1 };
  await saveRefit(table, clusterId, { epoch: 1, status: 'rejected', ...kept });
  const decision = decisionOf(clusterId, 'asked');
  const terms = { alternatives: [], undo_seconds: 900, cards_at_once: 3 };
  const subject = ownSubject(decision) ?? expect.fail('it does nothing');
  const way = { executionArn: 'arn', taskToken: 't', channel: '#c', terms };
  const asked = { decision, question: 'act' as const, subject, ...way };
  const approval = await openApproval(table, asked, now);
  await audit(table, approval, { at: instant(10), who: 'vgac-agentic', what: 'asked' });
  await takePlace(table, clusterId, { id: 'dec_1', tier: 3, until: now.getTime() + 1 }, config.asking, now);
  await changeCrowd(table, '#c', (crowd) => joined(crowd, 'dec_1', 3));
  await pinList(table, ['dec_1'], now);
  const statement = { decisionId: 'dec_1', tier: 'warn' as const, dryRun: false, at: instant(10), line: 'a line' };
  const because = { because: 'score', mark: 'calibration: 72%' };
  await changeStatements(table, clusterId, (all) => withStatement(all, { ...statement, ...because }, 60_000));
  await beginDigest(table, clusterId, '2026-11-20', ['a line']);
  await keepExplanation(table, 'hash', { text: 'because', model: 'm', now });
  await spendOne(table, 10, now);
  await signedRequests(table).takeOnce({ digest: 'digest', staleAt: now }, now);
}

describe('the layout of what is stored', () => {
  it('stands in every item, of whatever kind', async () => {
    await everything('all');
    const { Items = [] } = await dynamo.table.client.send(new ScanCommand({ TableName: dynamo.table.name }));
    const kinds = new Set(Items.map(({ SK }) => String(SK).replace(/#.*/, '')));
    for (const kind of ['JOB', 'OUTCOME', 'CALIBRATION', 'LEDGER', 'REFIT', 'CONFIG', 'PROFILE', 'FREEZE', 'LIMIT']) {
      expect(kinds).toContain(kind);
    }
    for (const kind of ['APPROVAL', 'TOKEN', 'AUDIT', 'DIGEST', 'TEXT', 'DAY', 'REQUEST'])
      expect(kinds).toContain(kind);
    expect(Items.filter(({ v }) => v !== LAYOUT)).toEqual([]);
  });

  it('is written in one place', () => {
    const sources = globSync('{functions,infra/cli,infra/console}/**/*.ts', { cwd: root }).map((file) => ({
      file,
      text: readFileSync(new URL(file, root), 'utf8'),
    }));
    const putting = sources.filter(({ text }) => text.includes('new PutCommand('));
    expect(putting.map(({ file }) => file)).toEqual(['functions/adapters/tables/table.ts']);
    // What updates past that place changes only what is there.
    const updates = sources
      .filter(({ file }) => file !== 'functions/adapters/tables/table.ts')
      .flatMap(({ file, text }) =>
        text
          .split('new UpdateCommand(')
          .slice(1)
          .map((rest) => ({ file, rest })),
      );
    expect(updates.length).toBeGreaterThan(5);
    const unguarded = updates.filter(({ rest }) => !rest.slice(0, 600).includes('ConditionExpression'));
    expect(unguarded.map(({ file }) => file)).toEqual([]);
  });

  it('is required by the schema of every item', () => {
    const items = Object.entries(published).filter(([name]) => name.endsWith('Item'));
    expect(items.length).toBeGreaterThan(12);
    for (const [name, schema] of items) {
      const shape = z.object({ shape: z.record(z.string(), z.unknown()) }).parse(schema).shape;
      expect(Object.keys(shape), name).toContain('v');
    }
  });

  it.each([
    ['none', undefined],
    ['0', 0],
    ['2', 2],
    ['1', '1'],
  ])('%s of an item is not ours: nothing of it is read, and one sentence says how to start anew', (found, v) => {
    const item = { PK: 'CLUSTER#c', SK: 'CONFIG', v, config: configOf('c'), applied_at: instant(0) };
    const read = () => parseItem(z.object({ PK: z.string() }), item);
    expect(read).toThrow(OtherLayout);
    expect(read).toThrow(
      `CLUSTER#c CONFIG is of layout ${found}, and this version reads layout 1: start anew with an empty table, on one machine with npx vgac start --fresh or another --data folder`,
    );
  });

  it('of a row is asked for before anything is done with it', async () => {
    const job = aJob({ clusterId: 'older', jobId: 'job', submittedAt: instant(0) });
    const Item = { ...jobKey(job), cluster_id: 'older', job_id: 'job', submitted_at: instant(0) };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item }));
    await expect(loadJob(dynamo.table, job)).rejects.toThrow(OtherLayout);
    const later = { ...job, submittedAt: instant(60) };
    await expect(admitRound(admissionStore(dynamo.table), later, 'arn', moment(61))).rejects.toThrow(OtherLayout);
  });
});
