import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, UnsupportedPattern } from '../../../../infra/runtime/assembly/patterns.ts';

const event = {
  source: 'vgac.collectors',
  account: '000000000000',
  detail: { jobId: 'job-7', gpus: 8, tags: ['a', 'b'], user: null, nested: [{ x: 1 }, { x: 2 }] },
};

describe('an event pattern', () => {
  it.each<[string, unknown]>([
    ['an exact value', { source: ['other', 'vgac.collectors'] }],
    ['a nested value', { detail: { jobId: ['job-7'] } }],
    ['null', { detail: { user: [null] } }],
    ['one element of an array', { detail: { tags: ['b'] } }],
    ['one object of an array', { detail: { nested: { x: [2] } } }],
    ['a prefix', { detail: { jobId: [{ prefix: 'job-' }] } }],
    ['anything but a value', { detail: { jobId: [{ 'anything-but': ['job-8', 'job-9'] }] } }],
    ['anything but a prefix', { detail: { jobId: [{ 'anything-but': { prefix: 'task-' } }] } }],
    ['a range of numbers', { detail: { gpus: [{ numeric: ['>', 4, '<=', 8] }] } }],
    ['a field that is there', { detail: { gpus: [{ exists: true }] } }],
    ['a field that is not there', { detail: { queue: [{ exists: false }] } }],
    ['a field below one that is not there', { other: { queue: [{ exists: false }] } }],
  ])('matches %s', (_, pattern) => {
    expect(compilePattern(pattern)(event)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['another value', { source: ['vgac.agentic'] }],
    ['a number as text', { detail: { gpus: ['8'] } }],
    ['a number beyond the range', { detail: { gpus: [{ numeric: ['>', 8] }] } }],
    ['anything but this one', { detail: { jobId: [{ 'anything-but': 'job-7' }] } }],
    ['anything but a field that is missing', { detail: { queue: [{ 'anything-but': 'x' }] } }],
    ['all of two fields', { source: ['vgac.collectors'], account: ['1'] }],
    ['what every object inherits', { constructor: [{ exists: true }] }],
  ])('does not match %s', (_, pattern) => {
    expect(compilePattern(pattern)(event)).toBe(false);
  });

  it.each<[unknown, string]>([
    [{ source: [{ wildcard: '*' }] }, 'source: operator wildcard is not supported'],
    [{ detail: { a: [{ suffix: 'x' }] } }, 'detail.a: operator suffix is not supported'],
    [{ $or: [{ source: ['x'] }] }, 'pattern: $or is not supported'],
    [{ source: [] }, 'source: an empty list matches nothing'],
    [{ source: 'x' }, 'source: must be an object of fields'],
    [{ a: [{ numeric: ['~', 1] }] }, 'a: numeric does not take ["~",1]'],
    [{ a: [{ numeric: ['<', 5, '>', 0] }] }, 'a: numeric does not take ["<",5,">",0]'],
    [{ a: [{ numeric: ['>', 5, '<', 5] }] }, 'a: numeric does not take [">",5,"<",5]'],
    [{ a: [{ numeric: [] }] }, 'a: numeric does not take []'],
    [{ a: [{ 'anything-but': [] }] }, 'a: anything-but does not take []'],
    [{ a: [{ 'anything-but': { suffix: 'x' } }] }, 'a: anything-but does not take {"suffix":"x"}'],
    [{ a: [{ 'equals-ignore-case': 'x' }] }, 'a: operator equals-ignore-case is not supported'],
    [{ a: [{ cidr: '10.0.0.0/8' }] }, 'a: operator cidr is not supported'],
    [{ a: [{ prefix: 'x', exists: true }] }, 'a: each matcher has exactly one operator'],
  ])('refuses %j by name', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(new UnsupportedPattern(message));
  });
});

/** The rules of EventBridge once more, slow and plain: every leaf of the event is held against every matcher. */
function reference(pattern: Fields, event: unknown): boolean {
  return Object.entries(pattern).every(([key, rule]) => {
    const value = isFields(event) && Object.hasOwn(event, key) ? event[key] : undefined;
    const items = value === undefined ? [] : Array.isArray(value) ? value : [value];
    if (isFields(rule))
      return items.length === 0 ? reference(rule, undefined) : items.some((item) => reference(rule, item));
    const leaves = items.filter((item) => item === null || typeof item !== 'object');
    return Array.isArray(rule) && rule.some((matcher) => matchesOne(matcher, leaves));
  });
}
function matchesOne(matcher: unknown, leaves: readonly unknown[]): boolean {
  if (!isFields(matcher)) return leaves.some((leaf) => leaf === matcher);
  if ('exists' in matcher) return matcher.exists ? leaves.length > 0 : leaves.length === 0;
  if ('prefix' in matcher) return leaves.some((leaf) => begins(leaf, matcher.prefix));
  if ('numeric' in matcher) {
    const parts = Array.isArray(matcher.numeric) ? matcher.numeric : [];
    return leaves.some(
      (leaf) => within(leaf, parts[0], parts[1]) && (parts.length === 2 || within(leaf, parts[2], parts[3])),
    );
  }
  const but = matcher['anything-but'];
  if (isFields(but)) return leaves.some((leaf) => ![but.prefix].flat().some((prefix) => begins(leaf, prefix)));
  return leaves.some((leaf) => ![but].flat().includes(leaf));
}
const begins = (leaf: unknown, prefix: unknown) =>
  typeof leaf === 'string' && typeof prefix === 'string' && leaf.slice(0, prefix.length) === prefix;
function within(leaf: unknown, operator: unknown, bound: unknown): boolean {
  if (typeof leaf !== 'number' || typeof bound !== 'number') return false;
  const sign = Math.sign(leaf - bound);
  return { '<': [-1], '<=': [-1, 0], '=': [0], '>=': [0, 1], '>': [1] }[String(operator)]?.includes(sign) ?? false;
}
type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const key = fc.constantFrom('a', 'b', 'c');
const text = fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 3 });
const number = fc.integer({ min: -2, max: 2 });
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const numeric = fc.oneof(
  fc.tuple(fc.constantFrom('<', '<=', '=', '>=', '>'), number),
  fc
    .tuple(fc.constantFrom('>', '>='), number, fc.constantFrom('<', '<='), number)
    .filter(([, lower, , upper]) => lower < upper),
);
const someTexts = fc.array(text, { minLength: 1, maxLength: 2 });
const matcher = fc.oneof(
  leaf,
  fc.record({ exists: fc.boolean() }),
  fc.record({ prefix: text }),
  fc.record({ numeric }),
  fc.record({
    'anything-but': fc.oneof(text, number, fc.array(fc.oneof(text, number), { minLength: 1, maxLength: 2 })),
  }),
  fc.record({ 'anything-but': fc.record({ prefix: fc.oneof(text, someTexts) }) }),
);
const { anyEvent } = fc.letrec<{ anyEvent: Fields; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, leaf, fc.array(fc.oneof(leaf, tie('anyEvent')), { maxLength: 3 }), tie('anyEvent')),
  anyEvent: fc.dictionary(key, tie('value'), { maxKeys: 3 }),
}));
const { anyPattern } = fc.letrec<{ anyPattern: Fields; rule: unknown }>((tie) => ({
  rule: fc.oneof({ maxDepth: 2 }, fc.array(matcher, { minLength: 1, maxLength: 2 }), tie('anyPattern')),
  anyPattern: fc.dictionary(key, tie('rule'), { minKeys: 1, maxKeys: 2 }),
}));

describe('the compiled pattern', () => {
  it('matches what the plain rules match', () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(anyPattern, fc.array(anyEvent, { minLength: 1 }), (pattern, events) => {
        const compiled = compilePattern(pattern);
        for (const one of events) {
          const expected = reference(pattern, one);
          seen[`${expected}`] += 1;
          expect(compiled(one)).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(100);
  });
});
