import { describe, expect, it } from 'vitest';
import { UnsupportedDefinition } from '../../../../infra/runtime/engine/errors.ts';
import { callback, machineOf, task } from './machine.ts';

const end = { End: true };
const pass = { Type: 'Pass', ...end };
const inner = { StartAt: 'One', States: { One: pass } };

describe('a definition that does not run here is refused by state and field', () => {
  it.each<[field: string, states: Record<string, unknown>]>([
    ['Only.Type', { Only: { Type: 'Activity', ...end } }],
    ['Only.Type', { Only: 'Pass' }],
    ['Only.InputPath', { Only: { ...pass, InputPath: '$.a' } }],
    ['Only.ResultPath', { Only: task({ ResultPath: '$.a' }) }],
    ['Only.Parameters', { Only: task({ Parameters: {} }) }],
    ['Only.Credentials', { Only: task({ Credentials: { RoleArn: 'a' } }) }],
    ['Only.TimeoutSecondsPath', { Only: task({ TimeoutSecondsPath: '$.a' }) }],
    ['Only.TimeoutSeconds', { Only: task({ TimeoutSeconds: 'ten' }) }],
    ['Only.Resource', { Only: task({ Resource: 'arn:aws:states:::sns:publish' }) }],
    ['Only.Resource', { Only: callback({ Resource: 'arn:aws:states:::sns:publish.waitForTaskToken' }) }],
    ['Only.Resource', { Only: task({ Resource: 'arn:aws:states:::lambda:invoke.sync' }) }],
    ['Only.QueryLanguage', { Only: { ...pass, QueryLanguage: 'JSONPath' } }],
    ['Only.Next', { Only: { Type: 'Pass' } }],
    ['Only.Next', { Only: { ...pass, Next: 'Only' } }],
    ['Only.Next', { Only: { Type: 'Pass', Next: 'Nowhere' } }],
    ['Only.Catch.0.Next', { Only: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Nowhere' }] }) }],
    ['Only.Catch.0.ResultPath', { Only: task({ Catch: [{ ErrorEquals: ['A'], Next: 'Only', ResultPath: '$' }] }) }],
    ['Only.Retry.0.ErrorEquals', { Only: task({ Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }) }],
    ['Only.Retry', { Only: task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }) }],
    [
      'Only.Catch',
      {
        Only: {
          ...{ Type: 'Parallel', Branches: [inner], ...end },
          Catch: ['States.ALL', 'A'].map((error) => ({ ErrorEquals: [error], Next: 'Only' })),
        },
      },
    ],
    ['Only.TimeoutSeconds', { Only: task({ TimeoutSeconds: 0 }) }],
    ['Only.HeartbeatSeconds', { Only: task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }) }],
    ['Only.Retry.0.Backoff', { Only: task({ Retry: [{ ErrorEquals: ['A'], Backoff: 2 }] }) }],
    [
      'Only.Choices.0.Variable',
      { Only: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Only', Variable: 'a' }] } },
    ],
    ['Only.Choices.0.Next', { Only: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Nowhere' }] } }],
    ['Only.Default', { Only: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Only' }], Default: 'Nowhere' } }],
    ['Only.Seconds', { Only: { Type: 'Wait', ...end } }],
    ['Only.Iterator', { Only: { Type: 'Map', ItemProcessor: inner, Iterator: inner, ...end } }],
    ['Only.ItemReader', { Only: { Type: 'Map', ItemProcessor: inner, ItemReader: {}, ...end } }],
    [
      'Only.ToleratedFailureCountPath',
      { Only: { Type: 'Map', ItemProcessor: inner, ToleratedFailureCountPath: '$.a', ...end } },
    ],
    [
      'Only.ToleratedFailurePercentage',
      { Only: { Type: 'Map', ItemProcessor: inner, ToleratedFailurePercentage: 101, ...end } },
    ],
    [
      'Only.ItemProcessor.ProcessorConfig.Mode',
      { Only: { Type: 'Map', ItemProcessor: { ...inner, ProcessorConfig: { Mode: 'DISTRIBUTED' } }, ...end } },
    ],
    [
      'One.Result',
      { Only: { Type: 'Parallel', Branches: [{ StartAt: 'One', States: { One: { ...pass, Result: 1 } } }], ...end } },
    ],
    ['Only.Assign.a.b', { Only: { ...pass, Assign: { 'a.b': 1 } } }],
    ['Only.Assign.a[0]', { Only: { ...pass, Assign: { 'a[0]': 1 } } }],
    ['Only.Assign.1a', { Only: { ...pass, Assign: { '1a': 1 } } }],
    ['Only.Assign.states', { Only: { ...pass, Assign: { states: 1 } } }],
    [`Only.Assign.${'a'.repeat(81)}`, { Only: { ...pass, Assign: { ['a'.repeat(81)]: 1 } } }],
    [
      'Only.Choices.0.Assign.-',
      { Only: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Only', Assign: { '-': 1 } }] } },
    ],
    ['Only.Output', { Only: { ...pass, Output: '{% $exists($states.result) %}' } }],
    ['Only.Arguments.Payload', { Only: task({ Arguments: { FunctionName: 'f', Payload: '{% $states.result.a %}' } }) }],
    ['Only.Output.e', { Only: task({ Output: { e: '{% $states.errorOutput %}' } }) }],
    [
      'Only.Catch.0.Output',
      { Only: task({ Catch: [{ ErrorEquals: ['A'], Next: 'Only', Output: '{% $states.result[0] %}' }] }) },
    ],
    [
      'Only.ItemSelector',
      { Only: { Type: 'Map', ItemProcessor: inner, ItemSelector: '{% [$states.result] %}', ...end } },
    ],
    ['Only.Output.a.b', { Only: { ...pass, Output: { a: { b: '{% 1 + %}' } } } }],
    ['Only.Output', { Only: { ...pass, Output: "{% $eval('1') %}" } }],
  ])('%s', (field, states) => {
    expect(() => machineOf(states)).toThrow(UnsupportedDefinition);
    expect(() => machineOf(states)).toThrow(`${field}: `);
  });

  it.each<[type: object, fields: readonly string[]]>([
    [pass, ['InputPath', 'OutputPath', 'ResultPath', 'Result', 'Parameters', 'ResultSelector', 'Arguments', 'Retry']],
    [task(), ['ResultSelector', 'OutputPath', 'HeartbeatSecondsPath', 'TimeoutSecondsPath', 'Items', 'Credentials']],
    [
      { Type: 'Choice', Choices: [{ Condition: true, Next: 'Only' }] },
      ['InputPath', 'OutputPath', 'Next', 'End', 'Catch'],
    ],
    [
      { Type: 'Wait', Seconds: 1, ...end },
      ['SecondsPath', 'TimestampPath', 'InputPath', 'Arguments', 'Retry', 'Catch'],
    ],
    [{ Type: 'Succeed' }, ['InputPath', 'OutputPath', 'Assign', 'Next', 'End', 'Arguments', 'Retry', 'Catch']],
    [{ Type: 'Fail' }, ['ErrorPath', 'CausePath', 'Output', 'Assign', 'Next', 'End', 'InputPath', 'Retry', 'Catch']],
    [
      { Type: 'Map', ItemProcessor: inner, ...end },
      [
        ...['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label', 'ItemsPath', 'MaxConcurrencyPath', 'Iterator'],
        ...['ToleratedFailureCountPath', 'ToleratedFailurePercentagePath', 'Parameters', 'ResultSelector', 'Arguments'],
      ],
    ],
    [
      { Type: 'Parallel', Branches: [inner], ...end },
      ['Parameters', 'ResultSelector', 'ResultPath', 'Items', 'Iterator'],
    ],
  ])('refuses every field that %o does not have here, by name', (state, fields) => {
    expect(() => machineOf({ Only: state })).not.toThrow();
    for (const field of fields) {
      const definition = () => machineOf({ Only: { ...state, [field]: {} } });
      expect(definition, field).toThrow(UnsupportedDefinition);
      expect(definition, field).toThrow(`Only.${field}: this field is not supported`);
    }
  });

  it('lets scopes side by side, within each other, and one scope twice assign the same variable', () => {
    const branch = (name: string) => ({ StartAt: name, States: { [name]: { ...pass, Assign: { ünï_1: 1 } } } });
    const again = { Type: 'Pass', Assign: { ünï_1: 1 }, Next: 'Both' };
    const both = { Type: 'Parallel', Branches: [branch('A'), branch('B')], Assign: { ünï_1: 2 }, ...end };
    expect(() => machineOf({ Start: again, Both: both })).not.toThrow();
  });

  it('takes a text for a text, and any variable for a variable', () => {
    const Output = ["{% '$states.result' %}", '{% $exists($constructor) %}', '{% $exists($other.result) %}'];
    expect(() => machineOf({ Only: { ...pass, Output } })).not.toThrow();
  });

  it('takes a Map for inline where its configuration names no mode', () => {
    expect(() =>
      machineOf({ Only: { Type: 'Map', ItemProcessor: { ...inner, ProcessorConfig: {} }, ...end } }),
    ).not.toThrow();
  });

  it('refuses a machine that is not in JSONata', () => {
    expect(() => machineOf({ Only: pass }, {}, { QueryLanguage: 'JSONPath' })).toThrow('Only.QueryLanguage: ');
    expect(() => machineOf({ Only: pass }, {}, { QueryLanguage: undefined })).toThrow('Only.QueryLanguage: ');
  });

  it('refuses an unknown field and a missing start of the machine', () => {
    expect(() => machineOf({ Only: pass }, {}, { Timeout: 1 })).toThrow('(machine).Timeout: ');
    expect(() => machineOf({ Only: pass }, {}, { StartAt: 'Other' })).toThrow('(machine).StartAt: ');
  });
});
