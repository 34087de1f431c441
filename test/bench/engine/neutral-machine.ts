import type { StateMachine } from 'aws-local-stepfunctions';

export const LAMBDA = 'arn:aws:states:::lambda:invoke';

/** What the machine is given, and gives back. */
export const INPUT = JSON.stringify({ job: 'job-1', gpus: 4 });

/** Decides nothing of ours: a value is made, compared, and handed to two functions. */
export const inJsonata = {
  QueryLanguage: 'JSONata',
  StartAt: 'Prepare',
  States: {
    Prepare: {
      Type: 'Pass',
      Output: { job: '{% $states.input.job %}', gpus: '{% $states.input.gpus %}' },
      Next: 'Large?',
    },
    'Large?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.gpus > 2 %}', Next: 'First' }],
      Default: 'Second',
    },
    First: call('{% $states.input %}', { Next: 'Second' }),
    Second: call('{% $states.input %}', { End: true }),
  },
};
function call(Payload: string, then: Record<string, unknown>) {
  return {
    ...{ Type: 'Task', Resource: LAMBDA, Arguments: { FunctionName: 'echo', Payload } },
    ...{ Output: '{% $states.result.Payload %}', ...then },
  };
}
type StateMachineDefinition = ConstructorParameters<typeof StateMachine>[0];

/** The same in JSONPath, for peers that speak nothing else. */
export const inJsonPath: StateMachineDefinition = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Parameters: { 'job.$': '$.job', 'gpus.$': '$.gpus' }, Next: 'Large?' },
    'Large?': {
      Type: 'Choice',
      Default: 'Second',
      Choices: [{ Variable: '$.gpus', NumericGreaterThan: 2, Next: 'First' }],
    },
    First: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:echo', Next: 'Second' },
    Second: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:echo', End: true },
  },
};

/** The machine with Pass states in the place of its Tasks. */
export function withPasses(machine: { readonly States: object }): string {
  const passes = { First: { Type: 'Pass', Next: 'Second' }, Second: { Type: 'Pass', End: true } };
  return JSON.stringify({ ...machine, States: { ...machine.States, ...passes } });
}
