import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { ledgerReader } from '../../../functions/adapters/tables/mend-store.ts';
import { reliabilityStore } from '../../../functions/adapters/tables/reliability-store.ts';
import { checkReliability } from '../../../functions/application/decisions/check-reliability.ts';
import { rebuild } from '../../../functions/application/outcomes/rebuild.ts';
import { deserialise, serialise } from '../../../functions/domain/calibration/codec.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { handler as foldCluster } from '../../../functions/drift-monitor/fold-cluster.ts';
import { handler as listClusters } from '../../../functions/drift-monitor/list-clusters.ts';
import { handler as notifyDrift } from '../../../functions/drift-monitor/notify-drift.ts';
import { handler as reportFailures } from '../../../functions/drift-monitor/report-failures.ts';
import { runMachine } from '../../fixtures/checked-in-machine.ts';
import { useTable } from '../../fixtures/handlers.ts';
import {
  calibrationOf,
  configOf,
  decided,
  expectNothingTaken,
  ledgerJobs,
  moment,
  SUBMITTED,
  T,
  useEmbeddedClock,
} from '../application/outcomes/fixture.ts';
import { trustedState } from '../domain/builders.ts';

vi.mock('../../../functions/adapters/aws/secrets.ts', async (original) => ({
  ...(await original<object>()),
  readSecret: async () => 'xoxb-test',
}));
const slack = vi.hoisted(() => ({ posted: [] as unknown[], down: false as boolean | string }));
vi.mock('../../../functions/adapters/slack/client.ts', async (original) => ({
  ...(await original<object>()),
  slackClient: () => ({
    post: async (channel: string, message: unknown) => {
      if (slack.down === true || slack.down === channel)
        throw Object.assign(new Error('no answer'), { name: 'SlackUnavailable' });
      slack.posted.push({ channel, message });
    },
  }),
}));

const dynamo = useTable();
const at = useEmbeddedClock();
beforeEach(() => {
  slack.posted.length = 0;
  slack.down = false;
  vi.stubEnv('SLACK_API_BASE_URL', 'https://slack.test/api');
  vi.stubEnv('SLACK_BOT_TOKEN_NAME', 'bot-token');
  vi.stubEnv('SLACK_DEFAULT_CHANNEL', '#gpu-alerts');
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** One run of the monitor over these clusters only; the table is shared with other tests. */
const visit = (clusters: readonly string[], seconds: number) =>
  runMachine(
    'drift-monitor',
    {
      ListClusters: async () => {
        const { clusters: all } = await listClusters({}, at(seconds));
        return { clusters: all.filter(({ clusterId }) => clusters.includes(clusterId)), next: null };
      },
      FoldCluster: (event) => foldCluster(event, at(seconds)),
      NotifyDrift: (event) => notifyDrift(event, at(seconds)),
      ReportFailures: (event) => reportFailures(event, at(seconds)),
    },
    {},
  );

/** A cluster with one job that will be overdue at submit + T + 60 s, and a state of its own. */
async function cluster(clusterId: string, change: Partial<CalibrationState> = {}) {
  await decided(dynamo.table, clusterId, 'job', { executed: false });
  await setState(clusterId, serialise(trustedState(change)));
}

async function breakItem(clusterId: string, UpdateExpression: string, bad: unknown) {
  await dynamo.table.client.send(
    new UpdateCommand({
      TableName: dynamo.table.name,
      Key: { PK: `CLUSTER#${clusterId}`, SK: 'CALIBRATION' },
      UpdateExpression,
      ExpressionAttributeValues: { ':bad': bad },
    }),
  );
}

async function setState(clusterId: string, state: Uint8Array) {
  await dynamo.table.client.send(
    new UpdateCommand({
      TableName: dynamo.table.name,
      Key: { PK: `CLUSTER#${clusterId}`, SK: 'CALIBRATION' },
      UpdateExpression: 'SET #state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': state },
    }),
  );
}

const busy = (calls: Awaited<ReturnType<typeof visit>>['calls'], service: string) =>
  calls.filter((call) => call.service === service).map((call) => JSON.stringify(call.arguments));

describe('a run of the monitor', () => {
  it('visits every cluster that it can, and fails in the end by the name of the one that it could not', async () => {
    for (const id of ['well-1', 'poisoned', 'well-2']) await cluster(id);
    await setState('poisoned', new Uint8Array(3));
    const { status, error, cause } = await visit(['well-1', 'poisoned', 'well-2'], T + 60);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'ClusterNotFolded' });
    expect(cause).toContain('"clusterId":"poisoned"');
    expect(cause).toContain('"error":"UnreadableState"');
    expect(cause).not.toContain('well');
    for (const id of ['well-1', 'well-2']) expect(await ledgerJobs(dynamo.table, id)).toEqual(['job']);
    expect((await calibrationOf(dynamo.table, 'poisoned')).version).toBe(0);
  });

  it('goes past a row that does not parse, folds the others of its cluster, and says so in the end', async () => {
    await cluster('bad-row');
    await dynamo.table.client.send(
      new PutCommand({
        TableName: dynamo.table.name,
        Item: {
          ...{ PK: 'CLUSTER#bad-row', SK: 'JOB#bad', v: 1, cluster_id: 7, unfolded: 'CLUSTER#bad-row' },
          unfolded_due: moment(0).toISOString(),
        },
      }),
    );
    const { status, cause } = await visit(['bad-row'], T + 60);
    expect(status).toBe('FAILED');
    expect(cause).toContain('"error":"UnreadableItem JOB#bad"');
    expect(await ledgerJobs(dynamo.table, 'bad-row')).toEqual(['job']);
    // Once, although every later visit folds what it can.
    for (const seconds of [360, 660]) await visit(['bad-row'], T + seconds);
    expect(slack.posted).toHaveLength(1);
  });

  it('alerts operators once to a cluster it could not check, names the fault, and alerts again when the fault changes', async () => {
    for (const id of ['told-well', 'told-bad']) await cluster(id);
    await setState('told-bad', new Uint8Array(3));
    const both = ['told-well', 'told-bad'];
    const { passed } = await visit(both, T + 60);
    expect(passed.slice(-2)).toEqual(['ReportFailures', 'RaiseFailure']);
    await Promise.all([visit(both, T + 360), visit(both, T + 360)]);
    expect(slack.posted).toHaveLength(1);
    expect(JSON.stringify(slack.posted)).toContain('`told-bad`: `UnreadableState`');
    expect(JSON.stringify(slack.posted)).not.toContain('told-well');
    await breakItem('told-bad', 'SET sample_count = :bad', 'many');
    await visit(both, T + 660);
    expect(JSON.stringify(slack.posted[1])).toContain('UnreadableItem');
    await visit(both, T + 661 + 86_400);
    expect(slack.posted).toHaveLength(3);
  });

  it('alerts again when a cluster breaks again after it was mended', async () => {
    await cluster('mended');
    for (const seconds of [60, 660]) {
      await setState('mended', new Uint8Array(3));
      await visit(['mended'], T + seconds);
      await setState('mended', serialise(trustedState()));
      expect(await visit(['mended'], T + seconds + 300)).toMatchObject({ status: 'SUCCEEDED' });
    }
    expect(slack.posted).toHaveLength(2);
  });

  it('alerts once to a cluster whose own channel refuses messages', async () => {
    await cluster('refused', { drift: 'degrade' });
    slack.down = 'C-GONE';
    const config = { ...configOf('refused'), slackChannel: 'C-GONE' };
    const item = { PK: 'CLUSTER#refused', SK: 'CONFIG', v: 1, config, applied_at: moment(0).toISOString() };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: item }));
    for (const seconds of [60, 360, 660]) await visit(['refused'], T + seconds);
    expect(slack.posted).toHaveLength(1);
    expect(JSON.stringify(slack.posted)).toContain('SlackUnavailable');
  });

  it('alerts to a broken cluster in a later run when Slack was down, and fails all the same', async () => {
    await cluster('unheard');
    await setState('unheard', new Uint8Array(3));
    slack.down = true;
    expect(await visit(['unheard'], T + 60)).toMatchObject({ status: 'FAILED', error: 'ClusterNotFolded' });
    slack.down = false;
    await visit(['unheard'], T + 360);
    await visit(['unheard'], T + 660);
    expect(slack.posted).toHaveLength(1);
  });

  it.each([
    ['a corrupt ledger batch', 'LEDGER#0000000001', { version: 'one' }, 'UnreadableItem'],
    ['a configuration that does not parse', 'CONFIG', { config: { platform: 'vms' } }, 'UnreadableItem'],
    ['a refit that does not parse', 'REFIT#1', { status: 'splendid' }, 'UnreadableItem REFIT#'],
  ])('is not stopped by %s', async (name, SK, item, error) => {
    const [bad, good] = [`bad-${SK}`, `good-${SK}`].map((id) => id.replaceAll('#', '-').toLowerCase());
    if (!bad || !good) throw new Error(name);
    await cluster(bad);
    await cluster(good);
    await dynamo.table.client.send(
      new PutCommand({ TableName: dynamo.table.name, Item: { PK: `CLUSTER#${bad}`, SK, v: 1, ...item } }),
    );
    const { status, cause } = await visit([bad, good], T + 60);
    expect(status).toBe('FAILED');
    expect(cause).toContain(`"error":"${error}"`);
    expect(cause).not.toContain(good);
    expect(await ledgerJobs(dynamo.table, good)).toEqual(['job']);
  });

  it('visits more clusters than a page of the table or a turn of the Map holds', async () => {
    const ids = Array.from({ length: 45 }, (_, i) => `crowd-${String(i).padStart(2, '0')}`);
    await Promise.all(ids.map((id) => cluster(id)));
    const { status, output } = await visit(ids, T + 60);
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ clusters: ids.map((clusterId) => ({ clusterId, folded: 1 })) });
  });

  it('does no harm when it overlaps with others, and people are notified once', async () => {
    await cluster('overlap', { drift: 'degrade' });
    const runs = await Promise.all([1, 2, 3].map(() => visit(['overlap'], T + 60)));
    expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(await ledgerJobs(dynamo.table, 'overlap')).toEqual(['job']);
    expect(slack.posted).toHaveLength(1);
    expect(runs.flatMap(({ calls }) => busy(calls, 'events:putEvents'))).toHaveLength(1);
  });

  it('covers a tick that was missed, however many', async () => {
    for (const jobId of ['a', 'b', 'c']) await decided(dynamo.table, 'missed', jobId);
    await visit(['missed'], 86_400);
    expect(await ledgerJobs(dynamo.table, 'missed')).toEqual(['a', 'b', 'c']);
    expectNothingTaken(await calibrationOf(dynamo.table, 'missed'));
  });

  it('takes autonomy away in the same run in which it sees drift', async () => {
    await cluster('falls');
    const verdict = () => checkReliability(reliabilityStore(dynamo.table), configOf('falls'), moment(T + 61));
    expect((await verdict()).drift).toBe('none');
    await setState('falls', serialise(driftsWithTheNextLabel()));
    await visit(['falls'], T + 60);
    expect(await verdict()).toMatchObject({ drift: 'escalate', scope: 'escalate' });
    expect(JSON.stringify(slack.posted)).toContain('none → escalate');
  });
});

/** 999 labels that all came out wrong, and not looked at yet: ECE and band are renewed with every tenth. */
function driftsWithTheNextLabel(): CalibrationState {
  const state = trustedState({ n: 999 });
  state.outcomes.q.fill(0.1);
  for (const i of state.outcomes.at.keys()) state.outcomes.at[i] = SUBMITTED / 1000 - 60 * (1_000 - i);
  state.outcomes.y.fill(1);
  state.outcomes.size = 999;
  state.outcomes.head = 999;
  return state;
}

describe('what has drifted', () => {
  const announced = async (clusterId: string, seconds: number) =>
    busy((await visit([clusterId], seconds)).calls, 'events:putEvents').join();

  it("is VGAC's model where only raw p has alarmed: it is asked to recalibrate, and no scope changes", async () => {
    await cluster('raw', { rawAlarm: 200 });
    const text = await announced('raw', T + 60);
    expect(text).toContain('"alarm":"raw"');
    expect(text).toContain("VGAC's model has drifted");
    expect(text).toContain('"DetailType":"RecalibrationRequested"');
    expect((await checkReliability(reliabilityStore(dynamo.table), configOf('raw'), moment(T + 61))).scope).toBe(
      'autonomous',
    );
  });

  it('is what we serve where the other detector has alarmed', async () => {
    await cluster('served', { servedAlarm: 200, rawAlarm: 200 });
    const text = await announced('served', T + 60);
    expect(text).toContain('"alarm":"both"');
    expect(text).toContain("VGAC's model has drifted; what we serve does not fit the outcomes");
  });

  it('is announced once, until it changes again', async () => {
    await cluster('once', { rawAlarm: 200 });
    expect(await announced('once', T + 60)).not.toBe('');
    expect(await announced('once', T + 120)).toBe('');
    await setState('once', serialise(trustedState({ n: 2_000 })));
    const text = await announced('once', T + 180);
    expect(text).toContain("VGAC's model no longer shows drift");
    expect(text).not.toContain('RecalibrationRequested');
    expect(slack.posted).toHaveLength(2);
  });

  it('is announced once when Slack was down at first: on the bus in that run, in Slack when it is back', async () => {
    await cluster('slack', { drift: 'degrade' });
    slack.down = true;
    const down = await visit(['slack'], T + 60);
    expect(down).toMatchObject({ status: 'FAILED', error: 'ClusterNotFolded' });
    expect(down.cause).toContain('"error":"SlackUnavailable"');
    expect(busy(down.calls, 'events:putEvents')).toHaveLength(1);
    // A Slack that is down holds up no recalibration.
    expect(busy(down.calls, 'states:startExecution')).toHaveLength(1);
    slack.down = false;
    const [back, ...others] = [await visit(['slack'], T + 360), await visit(['slack'], T + 660)];
    expect(back?.passed).toContain('NotifyDrift');
    expect([back, ...others].map((run) => run?.status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect([back, ...others].flatMap((run) => busy(run?.calls ?? [], 'events:putEvents'))).toEqual([]);
    expect(slack.posted).toHaveLength(1);
    expect(JSON.stringify(slack.posted)).toContain('none → degrade');
  });

  it('is announced although a refit cannot be read', async () => {
    await cluster('bad-refit', { drift: 'degrade' });
    const item = { PK: 'CLUSTER#bad-refit', SK: 'REFIT#1', v: 1, status: 'splendid' };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: item }));
    expect(await announced('bad-refit', T + 60)).toContain('"DetailType":"DriftDetected"');
    expect(JSON.stringify(slack.posted)).toContain('none → degrade');
    expect(JSON.stringify(slack.posted)).toContain('UnreadableItem REFIT#');
  });

  it('is nothing below the floor of 100 labels, whatever the detectors say', async () => {
    await cluster('floor', { n: 98, rawAlarm: 200, servedAlarm: 200 });
    expect(await announced('floor', T + 60)).toBe('');
    expect(slack.posted).toEqual([]);
  });
});

describe('a recalibration', () => {
  const started = async (clusterId: string, seconds: number) =>
    busy((await visit([clusterId], seconds)).calls, 'states:startExecution');

  it('is started where drift needs one, for that cluster, without waiting for it', async () => {
    await cluster('needs', { drift: 'degrade', n: 1000 });
    const [call] = await started('needs', T + 60);
    expect(call).toBe('{"StateMachineArn":"RecalibrationMachine","Input":{"clusterId":"needs"}}');
  });

  it('is not started where nothing is wrong, or too little is known', async () => {
    await cluster('fine');
    await cluster('young', { drift: 'degrade', n: 200, sinceEpoch: 200 });
    expect(await started('fine', T + 60)).toEqual([]);
    expect(await started('young', T + 60)).toEqual([]);
  });

  it('leaves the state as the ledger has it', async () => {
    await decided(dynamo.table, 'ledger', 'job');
    await visit(['ledger'], T + 60);
    const item = await loadCalibration(dynamo.table, 'ledger');
    const rebuilt = await rebuild(ledgerReader(dynamo.table), 'ledger');
    expect(Buffer.from(rebuilt?.state ?? [])).toEqual(Buffer.from(item?.state ?? []));
    expect(deserialise(rebuilt?.state ?? new Uint8Array())).toHaveProperty('n', 1);
  });
});
