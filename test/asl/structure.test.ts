import { existsSync, globSync, readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { definitions } from './definitions.ts';

const root = new URL('../../', import.meta.url);
const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** The one exception to one stem per state: three states, so that the console shows the branch. */
const SHARED_STEM: Record<string, string> = { PredictWithUncertainty: 'Predict', PredictInShadow: 'Predict' };

const LAMBDA = /^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/;

const BACKOFF = { IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 20, JitterStrategy: 'FULL' };

const STANDARD_RETRY = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    'Lambda.ClientExecutionTimeoutException',
  ],
  ...BACKOFF,
};

/** A queue and a bus have no handler that would fail the same way twice: whatever they say is worth another try. */
const SERVICE_RETRY = { ErrorEquals: ['States.TaskFailed'], ...BACKOFF };

/** What our own handlers throw before anything was done, or where doing it again does it once. */
const SAFE_TO_REPEAT: Record<string, string[]> = {
  Predict: ['AskingContended'],
  PredictWithUncertainty: ['AskingContended'],
  PredictInShadow: ['AskingContended'],
  // Act looks for its effect before it repeats it, however its last attempt ended.
  Act: [
    'SchedulerUnavailable',
    'SchedulerMalformed',
    'States.Timeout',
    'Sandbox.Timedout',
    'Lambda.Unknown',
    'Runtime.ExitError',
  ],
  Notify: ['StatementsContended'],
};

/** Literal `name`s of the error classes in functions/. */
const errorNames = new Set(
  globSync('functions/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(/name = '(\w+)' as const/g)].map((match) => match[1]),
  ),
);

describe.each(definitions)('$name', ({ name, text, states }) => {
  const tasks = states.filter(([, state]) => state.Type === 'Task');
  const lambdas = tasks.filter(([, state]) => LAMBDA.test(state.Resource ?? ''));

  it('is valid Amazon States Language once its substitutions are filled in', () => {
    const filled = text
      .replaceAll(/\$\{\w+Arn\}/g, 'arn:aws:lambda:us-east-1:123456789012:function:f')
      .replaceAll(/\$\{\w+\}/g, 'https://example.com/x');
    expect(validate(JSON.parse(filled)).errors).toEqual([]);
  });

  it.each(states)('%s says in one sentence why it is there', (_, state) => {
    expect(state.Comment).toMatch(/^[A-Z][^.]*[^.\s]\.$|^[A-Z].*functions\/domain\/gate\.ts.*\.$/);
  });

  it.each(states)('%s is named a verb in PascalCase, or a question where it is a Choice', (state, { Type }) => {
    expect(state).toMatch(Type === 'Choice' ? /^[A-Z][A-Za-z]+\?$/ : /^[A-Z][A-Za-z]+$/);
  });

  it.each(lambdas)('%s has the stem of its file and its substitution', (state, { Resource: _, Arguments }) => {
    const stem = SHARED_STEM[state] ?? state;
    expect(existsSync(new URL(`functions/${name}/${kebab(stem)}.ts`, root))).toBe(true);
    expect(Arguments).toHaveProperty('FunctionName', `\${${stem}Arn}`);
  });

  it.each(lambdas)('%s has a test of its stem', (state) => {
    const stem = SHARED_STEM[state] ?? state;
    expect(globSync(`test/unit/**/${kebab(stem)}{,.system}.test.ts`, { cwd: root })).toHaveLength(1);
  });

  it('has a state for every handler of its folder', () => {
    const stems = lambdas.map(([state]) => kebab(SHARED_STEM[state] ?? state));
    const files = globSync('*.ts', { cwd: new URL(`functions/${name}/`, root) }).map((file) => file.replace('.ts', ''));
    expect(files.filter((file) => !stems.includes(file))).toEqual([]);
  });

  it.each(tasks)('%s is bounded in time', (_, state) => {
    const timeout = state.TimeoutSeconds;
    expect(typeof timeout === 'number' ? timeout > 0 && timeout <= 900 : /^\{%.+%\}$/.test(String(timeout))).toBe(true);
  });

  it.each(tasks)('%s retries what passes, with jitter, as every Task does', (task, state) => {
    const lambda = LAMBDA.test(state.Resource ?? '');
    const own = SAFE_TO_REPEAT[task];
    const more = own === undefined ? [] : [{ ErrorEquals: own, ...BACKOFF }];
    expect(state.Retry).toEqual([STANDARD_RETRY, ...(lambda ? more : [SERVICE_RETRY])]);
  });

  it('retries only errors that something throws', () => {
    const retried = tasks
      .flatMap(([, state]) => state.Retry ?? [])
      .flatMap((retrier) => retrier.ErrorEquals)
      .filter((error) => !/^(States|Lambda|Sandbox|Runtime)\./.test(error));
    expect(retried.filter((error) => !errorNames.has(error))).toEqual([]);
  });

  it.each(tasks)('%s catches whatever can be caught, last and alone', (_, state) => {
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    const [all, ...named] = (state.Catch ?? []).map(({ ErrorEquals: _, ...way }) => way).reverse();
    // An entry that does what States.ALL does anyway says nothing.
    for (const way of named) expect(way).not.toEqual(all);
    expect(state.Catch?.slice(0, -1).flatMap((catcher) => catcher.ErrorEquals)).not.toContain('States.ALL');
  });

  it('catches only errors that something throws', () => {
    const caught = tasks
      .flatMap(([, state]) => state.Catch ?? [])
      .flatMap((catcher) => catcher.ErrorEquals)
      .filter((error) => !error.startsWith('States.'));
    expect(caught.filter((error) => !errorNames.has(error))).toEqual([]);
  });

  it.each(states.filter(([, state]) => state.Type === 'Choice'))('%s has a Default', (_, state) => {
    expect(state.Default).toBeTypeOf('string');
  });
});
