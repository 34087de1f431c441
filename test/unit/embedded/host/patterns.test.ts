import { describe, expect, it } from 'vitest';
import { compilePattern, UnsupportedPattern } from '../../../../infra/embedded/bus/patterns.ts';

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
    [{ a: [{ numeric: ['~', 1] }] }, 'a: numeric ["~",1]'],
  ])('refuses %j by name', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(new UnsupportedPattern(message));
  });
});
