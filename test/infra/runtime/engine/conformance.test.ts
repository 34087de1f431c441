import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { JsonValue } from '../../../../infra/runtime/engine/json.ts';
import { type Case, readCases } from '../../../conformance/case.ts';
import { inJsonata } from '../../../conformance/in-jsonata.ts';
import { runCase } from '../../../conformance/run.ts';

/** What AWS answered, recorded elsewhere and shared between projects; it is not part of this repository. */
const RECORDED = join(import.meta.dirname, '../../../../../shared/data/conformance');
const FOLDER = join(import.meta.dirname, '../../../conformance');
const read = (file: string) => (existsSync(file) ? readCases(file) : []);
const titled = (cases: Case[]) => cases.map((one) => ({ ...one, title: one.id.replace(/^.*?::.*?::/, '') }));

const jsonata = titled(read(join(RECORDED, 'jsonata.jsonl')));
const translated = titled(read(join(RECORDED, 'reference-jsonpath.jsonl')).map(inJsonata));
const documented = titled(read(join(FOLDER, 'documented.jsonl')));

/** Definitions we refuse, by what they need. Whoever supports one of these takes its line out. */
const UNSUPPORTED: Record<string, string> = {
  test_cross_account_lambda_task: 'LambdaTask.Credentials: ',
  test_map_item_reader_base_json_max_items_jsonata: 'MapState.ItemProcessor.ProcessorConfig.Mode: ',
  test_map_item_batching_base_json_max_per_batch_jsonata: 'BatchMapState.ItemProcessor.ProcessorConfig.Mode: ',
};
/** Services that are not ours, and fields that JSONata does not have. */
const ELSEWHERE = /\.Resource: no integration for '|\.OutputPath: this field is not supported$/;

describe('what AWS recorded', () => {
  it.runIf(existsSync(RECORDED))('is there to compare with (skipped: no ../shared beside this folder)', () => {
    expect(jsonata.length).toBeGreaterThan(0);
    expect(translated.length).toBeGreaterThan(0);
  });

  it.each(jsonata)('$title', async (recorded) => {
    const reason = UNSUPPORTED[recorded.title];
    const expected = reason === undefined ? { result: 'pass', reason: '' } : { result: 'unsupported' };
    expect(await runCase(recorded)).toMatchObject({ ...expected, reason: expect.stringContaining(reason ?? '') });
  });

  it.each(translated)('in JSONPath, and holds in JSONata: $title', async (recorded) => {
    const { result, reason } = await runCase(recorded);
    if (result === 'unsupported') expect(reason).toMatch(ELSEWHERE);
    else expect({ result, reason }).toEqual({ result: 'pass', reason: '' });
  });
});

describe('what AWS documents', () => {
  it.each(documented)('$title', async (one) => {
    expect(await runCase(one)).toEqual({ id: one.id, result: 'pass', reason: '' });
  });
});

const pass = { Type: 'Pass', End: true };
const succeeding = (expected: object, definition: object = {}): Case => ({
  ...{ id: 'mine', input: 1, features: ['Pass'], lambdas: {} },
  definition: { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: pass }, ...definition },
  expected: { status: 'SUCCEEDED', output: 1, error: null, cause: null, events: [], ...expected },
});
const EVENTS = [
  { type: 'ExecutionStarted', id: 1, previousEventId: 0, input: 1 },
  { type: 'PassStateEntered', id: 2, previousEventId: 0, name: 'A', input: 1 },
  { type: 'PassStateExited', id: 3, previousEventId: 2, name: 'A', output: 1 },
  { type: 'ExecutionSucceeded', id: 4, previousEventId: 3, output: 1 },
];

describe('the comparison', () => {
  it('passes what is equal', async () => {
    expect(await runCase(succeeding({ events: EVENTS }))).toMatchObject({ result: 'pass' });
  });

  it.each<[string, object, RegExp]>([
    ['another status', { status: 'FAILED' }, /^status: AWS "FAILED", here "SUCCEEDED"/],
    ['another output', { output: 2 }, /^output: AWS 2, here 1/],
    ['another error', { error: 'E' }, /^error: AWS "E", here null/],
    ['an event less', { events: EVENTS.slice(0, 3) }, /^event 4: /],
    ['another order', { events: [...EVENTS].reverse() }, /^event 1: /],
    ['another name', { events: EVENTS.map((event) => ({ ...event, name: 'B' })) }, /^event 1: /],
    ['another predecessor', { events: EVENTS.map((event) => ({ ...event, previousEventId: 0 })) }, /^event 3: /],
  ])('fails %s', async (_, expected, reason) => {
    expect(await runCase(succeeding(expected))).toMatchObject({
      result: 'fail',
      reason: expect.stringMatching(reason),
    });
  });

  it('says where a recording lacks an answer, and stops what was stopped', async () => {
    const Task = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Arguments: {}, End: true };
    const asking = succeeding({}, { States: { A: Task } });
    const reason = 'the recording does not say what sqs:sendMessage answered';
    expect(await runCase(asking)).toEqual({ id: 'mine', result: 'unsupported', reason });
    const waiting = { States: { A: { Type: 'Wait', Seconds: 9, End: true } } };
    const aborted = { status: 'ABORTED', output: null, error: 'E', cause: 'c' };
    expect(await runCase(succeeding(aborted, waiting))).toMatchObject({ result: 'pass' });
  });

  it('leaves out nothing but what it names', async () => {
    const output = (value: JsonValue) => ({ States: { A: { ...pass, Output: value } } });
    const verdict = (recorded: JsonValue, ours: JsonValue) => runCase(succeeding({ output: recorded }, output(ours)));
    const thrown = { errorMessage: 'm', errorType: 'E', requestId: '<uuid:1>' };
    for (const [recorded, ours] of [
      ['<uuid:1>', 'anything'],
      ['arn:ArnPart_0idx:end', 'arn:Recorded:end'],
      ['timestamp', '2026-01-01T00:00:00Z'],
      [{ a: 1, SdkHttpMetadata: { HttpStatusCode: 200 } }, { a: 1 }],
      [thrown, { errorMessage: 'm', errorType: 'E' }],
      [JSON.stringify(thrown), JSON.stringify({ errorMessage: 'm', errorType: 'E' })],
    ] satisfies [JsonValue, JsonValue][]) {
      expect(await verdict(recorded, ours)).toMatchObject({ result: 'pass' });
    }
    for (const [recorded, ours] of [
      ['<b>', 'anything'],
      ['a timestamp', 'a time'],
      ['<uuid:1>', 1],
      [{ a: 1, SdkVersion: 3 }, { a: 1 }],
      [thrown, { errorMessage: 'other', errorType: 'E' }],
      ['{"errorMessage": cut off', '{"errorMessage": cut'],
      ['anything', '(task token)'],
    ] satisfies [JsonValue, JsonValue][]) {
      expect(await verdict(recorded, ours)).toMatchObject({ result: 'fail' });
    }
  });

  it('fails a call that AWS did not make, and leaves out one that nobody can answer', async () => {
    const arn = 'arn:aws:lambda:us-east-1:111111111111:function:f';
    const Task = { Type: 'Task', Resource: arn, End: true };
    const asking = (behaviour: string, expected: object) => ({
      ...succeeding(expected, { States: { A: Task } }),
      lambdas: { [arn]: behaviour },
    });
    const unknown = { result: 'unsupported', reason: `the recording does not say what ${arn} answered` };
    for (const behaviour of ['def handler(event, context):', 'return:{', 'sleep:soon:echo', 'wink']) {
      expect(await runCase(asking(behaviour, {}))).toMatchObject(unknown);
      expect(await runCase(asking(behaviour, { events: EVENTS }))).toMatchObject({ result: 'fail' });
    }
    const raised = { status: 'FAILED', output: null, error: 'E' };
    const cause_json = { errorMessage: 'm', errorType: 'E', stackTrace: [] };
    expect(await runCase(asking('sleep:1:raise:E:m', { ...raised, cause_json }))).toMatchObject({ result: 'pass' });
  });

  it('says what cannot be run instead of ending', async () => {
    const tooLarge = { ...succeeding({}), input: 'x'.repeat(257 * 1024) };
    expect(await runCase(tooLarge)).toMatchObject({
      result: 'fail',
      reason: expect.stringMatching(/InvalidExecutionInput/),
    });
    expect(await runCase(succeeding({ status: 'RUNNING' }))).toMatchObject({ result: 'unsupported' });
  });

  it('lets side-by-side iterations interleave, and nothing else', async () => {
    const inner = { StartAt: 'I', States: { I: pass } };
    const map = (events: object[], fields: object = {}) =>
      succeeding(
        { output: [1, 2], events },
        { States: { A: { Type: 'Map', Items: [1, 2], ItemProcessor: inner, End: true, ...fields } } },
      );
    const iteration = (index: number, ids: number[]) => [
      { type: 'MapIterationStarted', id: ids[0], previousEventId: 3, name: 'A', details: { index } },
      { type: 'PassStateEntered', id: ids[1], previousEventId: ids[0], name: 'I', input: index + 1 },
      { type: 'PassStateExited', id: ids[2], previousEventId: ids[1], name: 'I', output: index + 1 },
      { type: 'MapIterationSucceeded', id: ids[3], previousEventId: ids[2], name: 'A', details: { index } },
    ];
    const around = (inside: object[]) => [
      { type: 'ExecutionStarted', id: 1, previousEventId: 0, input: 1 },
      { type: 'MapStateEntered', id: 2, previousEventId: 0, name: 'A', input: 1 },
      { type: 'MapStateStarted', id: 3, previousEventId: 2, details: { length: 2 } },
      ...inside,
      { type: 'MapStateSucceeded', id: 12, previousEventId: 11 },
      { type: 'MapStateExited', id: 13, previousEventId: 11, name: 'A', output: [1, 2] },
      { type: 'ExecutionSucceeded', id: 14, previousEventId: 13, output: [1, 2] },
    ];
    const oneAfterTheOther = [...iteration(1, [4, 5, 6, 7]), ...iteration(0, [8, 9, 10, 11])];
    expect(await runCase(map(around(oneAfterTheOther)))).toMatchObject({ result: 'pass' });
    expect(await runCase(map(around(oneAfterTheOther.slice(1))))).toMatchObject({ result: 'fail' });
    const swapped = around(oneAfterTheOther).map((event, at, all) =>
      at < all.length - 2 ? event : (all[25 - at] ?? {}),
    );
    expect(await runCase(map(swapped))).toMatchObject({ result: 'fail' });
    expect(await runCase(map(around(oneAfterTheOther), { MaxConcurrency: 1 }))).toMatchObject({ result: 'fail' });
    const twice = [...iteration(1, [4, 5, 6, 7]), ...iteration(1, [8, 9, 10, 11])];
    expect(await runCase(map(around(twice)))).toMatchObject({ result: 'fail' });
  });
});

describe('npm run conformance', () => {
  it('writes a verdict a case, counts them, and ends with 1 on a failure', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const [cases, out] = [join(folder, 'cases.jsonl'), join(folder, 'out.json')];
    const refused = succeeding({}, { States: { A: { ...pass, InputPath: '$' } } });
    const all = [succeeding({}), { ...succeeding({ output: 2 }), id: 'wrong' }, { ...refused, id: 'refused' }];
    const lines = [...all.map((one) => JSON.stringify(one)), '{"id": "half"', '{"id": "lacking"}', '', '7'];
    writeFileSync(cases, lines.join('\n'));
    const run = promisify(execFile)(process.execPath, [join(FOLDER, 'conformance.ts'), cases, '--json', out]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/Pass +1 +1 +1\n[\s\S]*Left out [\s\S]*6 cases: 1 pass, 1 fail, 4 unsupported/),
    });
    const Verdicts = z.array(z.strictObject({ id: z.string(), result: z.string(), reason: z.string() }));
    expect(Verdicts.parse(JSON.parse(readFileSync(out, 'utf8')))).toEqual([
      { id: 'mine', result: 'pass', reason: '' },
      { id: 'wrong', result: 'fail', reason: 'output: AWS 2, here 1' },
      { id: 'refused', result: 'unsupported', reason: 'A.InputPath: this field is not supported' },
      { id: 'line 4', result: 'unsupported', reason: expect.stringMatching(/^line 4 is no case: SyntaxError/) },
      { id: 'lacking', result: 'unsupported', reason: expect.stringMatching(/^line 5 is no case: .*definition/) },
      { id: 'line 7', result: 'unsupported', reason: expect.stringMatching(/^line 7 is no case: /) },
    ]);
  });
});
