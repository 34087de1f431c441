import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessRequest,
  compilePolicy,
  type Statement,
  UnsupportedCondition,
} from '../../../../infra/runtime/assembly/policy.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/rows';
const statement = (given: Partial<Statement>): Statement => ({
  ...{ Effect: 'Allow', Condition: {}, Action: ['dynamodb:GetItem'], Resource: [TABLE], ...given },
});
const request = (given: Partial<AccessRequest> = {}): AccessRequest => ({
  ...{ action: 'dynamodb:GetItem', resource: TABLE, context: {} },
  ...given,
});
const keys = (...values: string[]) => ({ context: { 'dynamodb:leadingkeys': values } });
const onKeys = (operator: string, ...values: string[]) => ({
  Condition: { [operator]: { 'dynamodb:LeadingKeys': values } },
});

describe('a policy', () => {
  it.each<[string, Partial<Statement>, Partial<AccessRequest>]>([
    ['the action and the resource', {}, {}],
    ['an action in other letters', { Action: ['DynamoDB:getitem'] }, {}],
    ['actions by a wildcard', { Action: ['dynamodb:*Item'] }, {}],
    ['any resource', { Resource: ['*'] }, {}],
    ['resources by a wildcard', { Resource: [`${TABLE}*`] }, { resource: `${TABLE}/index/a` }],
    ['every key of its kind', onKeys('ForAllValues:StringLike', 'A#*', 'B'), keys('A#1', 'B')],
    ['no key at all, as AWS has it', onKeys('ForAllValues:StringLike', 'A#*'), {}],
    ['one key of its kind', onKeys('ForAnyValue:StringEquals', 'A'), keys('B', 'A')],
    ['a value that is not given', { Condition: { StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE'] } } }, {}],
  ])('allows %s', (_, given, asked) => {
    expect(compilePolicy([statement(given)])(request(asked))).toBe('allowed');
  });

  it.each<[string, Partial<Statement>, Partial<AccessRequest>]>([
    ['another action', {}, { action: 'dynamodb:PutItem' }],
    ['anything by a statement about no action', { Action: [] }, {}],
    ['an empty key where none is named', onKeys('ForAllValues:StringEquals'), keys('')],
    ['another resource', {}, { resource: `${TABLE}2` }],
    ['an index of the table', {}, { resource: `${TABLE}/index/a` }],
    [
      'a wildcard beyond its part',
      { Resource: ['arn:*:us-east-1:000000000000:function:f'] },
      { resource: 'arn:aws:lambda:us-east-1:000000000000:function:f' },
    ],
    ['one key of another kind', onKeys('ForAllValues:StringLike', 'A#*'), keys('A#1', 'B')],
    ['a key that only begins alike', onKeys('ForAllValues:StringEquals', 'A'), keys('A#1')],
    ['a dot for any character', onKeys('ForAllValues:StringLike', 'A.*'), keys('AB1')],
    ['no key where one is needed', onKeys('ForAnyValue:StringLike', 'A#*'), {}],
    [
      'a value that is given',
      { Condition: { StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE'] } } },
      {
        context: { 'dynamodb:returnvalues': ['ALL_OLD'] },
      },
    ],
  ])('does not allow %s', (_, given, asked) => {
    expect(compilePolicy([statement(given)])(request(asked))).toBe('not allowed');
  });

  it('denies what is allowed elsewhere, whatever the order', () => {
    const allow = statement({ Action: ['*'], Resource: ['*'] });
    const deny = statement({ Effect: 'Deny' });
    for (const statements of [
      [allow, deny],
      [deny, allow],
    ]) {
      expect(compilePolicy(statements)(request())).toBe('denied');
      expect(compilePolicy(statements)(request({ action: 'dynamodb:PutItem' }))).toBe('allowed');
    }
  });

  it.each([
    ['StringEquals', 'aws:SourceIp', 'condition key aws:SourceIp is not supported'],
    ['NumericEquals', 'dynamodb:LeadingKeys', 'condition operator NumericEquals is not supported'],
    ['constructor', 'dynamodb:LeadingKeys', 'condition operator constructor is not supported'],
    ['StringNotEquals', 'dynamodb:LeadingKeys', 'condition operator StringNotEquals is not supported'],
  ])('is refused for %s of %s', (operator, key, message) => {
    expect(() => compilePolicy([statement({ Condition: { [operator]: { [key]: ['x'] } } })])).toThrow(
      new UnsupportedCondition(message),
    );
  });
});

/** The same rules, slow and plain: patterns are matched character by character, statements one after the other. */
function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*')) return like(rest, text) || (text !== '' && like(pattern, text.slice(1)));
  return text !== '' && (pattern.startsWith('?') || pattern[0] === text[0]) && like(rest, text.slice(1));
}
function reference(statements: readonly Statement[], { action, resource, context }: AccessRequest) {
  const applying = statements.filter(({ Action = [], Resource = [], Condition }) => {
    const wanted = Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
    const given = context['dynamodb:leadingkeys'] ?? [];
    return (
      Action.some((pattern) => like(pattern, action)) &&
      Resource.some((pattern) => like(pattern, resource)) &&
      (wanted === undefined || given.every((key) => wanted.some((pattern) => like(pattern, key))))
    );
  });
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return applying.length > 0 ? 'allowed' : 'not allowed';
}

const word = (...letters: string[]) => fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 4 });
const texts = (each: fc.Arbitrary<string>) => fc.array(each, { minLength: 1, maxLength: 3 });
const anyStatement: fc.Arbitrary<Statement> = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Action: texts(word('a', 'b', '*', '?').map((name) => `s:${name}`)),
  Resource: texts(word('x', 'y', '/', '*', '?').map((name) => `arn:aws:s:r:0:${name}`)),
  Condition: fc
    .option(texts(word('k', 'l', '*')), { nil: undefined })
    .map((patterns) =>
      patterns === undefined ? {} : { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } },
    ),
});
const anyRequest: fc.Arbitrary<AccessRequest> = fc.record({
  action: word('a', 'b').map((name) => `s:${name}`),
  resource: word('x', 'y', '/').map((name) => `arn:aws:s:r:0:${name}`),
  context: fc
    .option(fc.array(word('k', 'l'), { maxLength: 3 }), { nil: undefined })
    .map((given) => (given === undefined ? {} : { 'dynamodb:leadingkeys': given })),
});

describe('the compiled policy', () => {
  it('judges as the plain rules do', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 4 }), fc.array(anyRequest, { minLength: 1 }), (given, asked) => {
        const policy = compilePolicy(given);
        for (const one of asked) {
          const verdict = policy(one);
          seen.add(verdict);
          expect(verdict).toBe(reference(given, one));
        }
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(['allowed', 'denied', 'not allowed']);
  });

  it('allows no more when an Allow is taken away, and no less when a Deny is', () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { minLength: 1, maxLength: 4 }), anyRequest, (given, asked) => {
        const [first, ...others] = given;
        const [before, after] = [compilePolicy(given)(asked), compilePolicy(others)(asked)];
        if (first?.Effect === 'Allow' && before !== 'allowed') expect(after).not.toBe('allowed');
        if (first?.Effect === 'Deny' && before === 'allowed') expect(after).toBe('allowed');
      }),
      { numRuns: 500 },
    );
  });
});
