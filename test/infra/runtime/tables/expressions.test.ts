import { describe, expect, it } from 'vitest';
import { openRows } from './fixture.ts';

const ITEM = {
  s: { S: 'text' },
  n: { N: '10' },
  b: { B: 'AAEC' },
  yes: { BOOL: true },
  nil: { NULL: true },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2'] },
  bs: { BS: ['AA==', 'AQ=='] },
  l: { L: [{ S: 'x' }, { N: '2' }, { M: { deep: { S: 'y' } } }] },
  m: { M: { a: { N: '1' }, 'with.dot': { S: 'z' }, nest: { L: [{ N: '7' }] } } },
};
const VALUES = {
  ':text': { S: 'text' },
  ':te': { S: 'te' },
  ':a': { S: 'a' },
  ':x': { S: 'x' },
  ':y': { S: 'y' },
  ':S': { S: 'S' },
  ':0': { N: '0' },
  ':1': { N: '1' },
  ':2': { N: '2' },
  ':3': { N: '3' },
  ':7': { N: '7' },
  ':9': { N: '9' },
  ':10': { N: '1e1' },
  ':100': { N: '100' },
  ':b': { B: 'AAEC' },
  ':b0': { B: 'AA==' },
  ':yes': { BOOL: true },
  ':ba': { SS: ['b', 'a'] },
  ':list': { L: [{ S: 'x' }] },
  ':map': { M: { deep: { S: 'y' } } },
  ':null': { NULL: true },
  ':bad': { S: 'X' },
};
const NAMES = { '#dot': 'with.dot', '#s': 's', '#size': 'size' };

/** Only those of the names and values that a text uses, as DynamoDB wants it. */
function used(...texts: readonly string[]) {
  const all = texts.join(' ');
  const some = <T>(given: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => new RegExp(`${name}\\b`).test(all)));
  const [names, values] = [some(NAMES), some<object>(VALUES)];
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

describe('a condition', () => {
  it.each([
    's = :text',
    ':text = s',
    's <> :te',
    'n = :10',
    'n < :100',
    'n > :9',
    'n >= :10',
    'n <= :10',
    'b = :b',
    's > :te',
    's < :x',
    'b > :b0',
    'ss = :ba',
    'yes = :yes',
    'nil = :null',
    'absent <> :x',
    's <> :10',
    'NOT s = :te',
    'NOT absent = :x',
    'NOT n < :9',
    'not (s = :te or n = :9)',
    's = :text AND n = :10',
    's = :te OR n = :10 AND yes = :yes',
    's = :text OR s = :te AND n = :9',
    '(s = :te OR n = :10) AND yes = :yes',
    'n BETWEEN :9 AND :100',
    'n between :10 and :10',
    's BETWEEN :te AND :x',
    's IN (:x, :text)',
    'n in (:10)',
    'attribute_exists(s)',
    'attribute_not_exists(absent)',
    'attribute_exists(m.a)',
    'attribute_exists(l[2].deep)',
    'attribute_not_exists(l[3])',
    'attribute_not_exists(s.a)',
    'attribute_not_exists(m[0])',
    'attribute_exists(m.#dot)',
    'attribute_type(s, :S)',
    'begins_with(s, :te)',
    'begins_with(b, :b0)',
    'contains(s, :x)',
    'contains(ss, :a)',
    'contains(ns, :1)',
    'contains(bs, :b0)',
    'contains(b, :b0)',
    'contains(l, :x)',
    'contains(l, :2)',
    'contains(l, :map)',
    'size(s) > :3',
    'size(l) = :3',
    'size(m) = :3',
    'size(ss) = :2',
    'size(b) = :3',
    'l[2].deep = :y',
    'm.nest[0] = :7',
    '#s = :text',
    'n = m.nest[0] OR s = :text',
    'size(s) BETWEEN :1 AND :9',
    'attribute_not_exists(#size)',
    'NOT (NOT s = :text)',
    '( s=:text )AND(n=:10)',
    'NOT size(n) = :2',
  ])('holds: %s', async (ConditionExpression) => {
    const { put } = await openRows();
    await put(ITEM);
    await put(ITEM, { ConditionExpression, ...used(ConditionExpression) });
  });

  it.each([
    's = :te',
    's = :10',
    'n <> :10',
    'n < :9',
    'n < :10',
    's < :10',
    'absent = :x',
    'absent < :x',
    'absent > :x',
    'absent IN (:x)',
    'absent BETWEEN :1 AND :2',
    'n BETWEEN :1 AND :9',
    's BETWEEN :1 AND :9',
    's IN (:x)',
    'attribute_exists(absent)',
    'attribute_not_exists(s)',
    'attribute_type(n, :S)',
    'attribute_type(absent, :S)',
    'begins_with(s, :x)',
    'begins_with(n, :te)',
    'begins_with(absent, :x)',
    'contains(ss, :1)',
    'contains(ss, :x)',
    'contains(n, :1)',
    'contains(absent, :x)',
    'contains(l, :y)',
    'size(absent) = :0',
    'size(n) = :2',
    'ss = :a',
    'm.a.b = :1',
    'l[9] = :x',
    'NOT s = :text',
    'absent = gone',
  ])('does not hold: %s', async (ConditionExpression) => {
    const { put } = await openRows();
    await put(ITEM);
    await expect(put({}, { ConditionExpression, ...used(ConditionExpression) })).rejects.toMatchObject({
      type: 'ConditionalCheckFailedException',
    });
  });

  it.each([
    ['', /The expression can not be empty/],
    ['s = :text AND', /Syntax error; token: "<EOF>"/],
    ['s = :text n', /Syntax error; token: "n", near: ":text n"/],
    ['s == :text', /Syntax error/],
    ['s', /Syntax error/],
    ['s = "x"', /Syntax error; token: """/],
    ['s. = :text', /Syntax error/],
    ['l[x] = :text', /Syntax error/],
    ['(s = :text', /Syntax error/],
    ['((s = :text))', /redundant parentheses/],
    ['((s = :text AND n = :10))', /redundant parentheses/],
    ['status = :text', /reserved keyword; reserved keyword: status/],
    ['m.name = :text', /reserved keyword; reserved keyword: name/],
    ['attribute_exist(s)', /Invalid function name; function: attribute_exist/],
    ['toString(s)', /Invalid function name; function: toString/],
    ['size(s)', /not allowed to be used this way in an expression; function: size/],
    ['contains(s, :x) = :yes', /not allowed to be used this way in an expression; function: contains/],
    ['attribute_exists(:text)', /requires a document path; operator or function: attribute_exists/],
    ['attribute_exists(s, n)', /Incorrect number of operands .*attribute_exists, number of operands: 2/],
    ['contains(s)', /Incorrect number of operands/],
    ['begins_with(s, :1)', /Incorrect operand type .*: begins_with, operand type: N/],
    ['attribute_type(s, :bad)', /Invalid attribute type name found; type: X/],
    ['attribute_type(s, n)', /Incorrect operand type/],
    ['size(:1) = :1', /Incorrect operand type .*: size, operand type: N/],
    ['s < :yes', /Incorrect operand type .*: <, operand type: BOOL/],
    ['s = s', /first operand must be distinct .*operator: =, first operand: \[s\]/],
    ['n BETWEEN :9 AND :1', /upper bound to be greater than or equal to lower bound/],
    ['n BETWEEN :9 AND :text', /requires same data type for lower and upper bounds/],
    [':undefined = s', /value used in expression is not defined; attribute value: :undefined/],
    ['#undefined = s', /name used in the document path is not defined; attribute name: #undefined/],
  ])('is refused: %s', async (ConditionExpression, message) => {
    const { put } = await openRows();
    await expect(put({}, { ConditionExpression, ...used(ConditionExpression) })).rejects.toMatchObject({
      type: 'ValidationException',
      message: expect.stringMatching(new RegExp(`^Invalid ConditionExpression: .*${message.source}`)),
    });
  });

  it.each([
    [
      { ExpressionAttributeNames: { '#a': 'a' } },
      'ExpressionAttributeNames can only be specified when using expressions',
    ],
    [{ ConditionExpression: 's = :s', ExpressionAttributeValues: {} }, 'ExpressionAttributeValues must not be empty'],
    [
      { ConditionExpression: 'attribute_exists(s)', ExpressionAttributeNames: { '#a': 'a', '#b': 'b' } },
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}',
    ],
    [
      { ConditionExpression: 'attribute_exists(s)', ExpressionAttributeValues: { ':a': { S: 'a' } } },
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}',
    ],
    [
      { ConditionExpression: 'attribute_exists(s)', ExpressionAttributeNames: { a: 'a' } },
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ],
  ])('is refused with placeholders like %j', async (input, message) => {
    const { put } = await openRows();
    await expect(put({}, input)).rejects.toMatchObject({ type: 'ValidationException', message });
  });

  it('means what its names and values say now, however often it was asked before', async () => {
    const { put } = await openRows();
    await put({ a: { S: 'x' }, b: { N: '1' } });
    const check = (name: string, value: object) =>
      put(
        { a: { S: 'x' }, b: { N: '1' } },
        {
          ConditionExpression: '#n = :v',
          ExpressionAttributeNames: { '#n': name },
          ExpressionAttributeValues: { ':v': value },
        },
      );
    await check('a', { S: 'x' });
    await check('b', { N: '1' });
    await expect(check('a', { N: '1' })).rejects.toMatchObject({ type: 'ConditionalCheckFailedException' });
  });
});

describe('an update', () => {
  const update = async (UpdateExpression: string, item: object = ITEM) => {
    const { put, ask, Key, get } = await openRows();
    await put(item);
    await ask('UpdateItem', { Key, UpdateExpression, ...used(UpdateExpression) });
    return Object(await get());
  };
  it.each([
    ['SET s = :x', { s: { S: 'x' } }],
    ['SET fresh = :x, n = :1', { fresh: { S: 'x' }, n: { N: '1' } }],
    ['SET n = n + :1', { n: { N: '11' } }],
    ['SET n = n - :100', { n: { N: '-90' } }],
    ['SET n = :100 - n', { n: { N: '90' } }],
    ['SET n = if_not_exists(absent, :1) + n', { n: { N: '11' } }],
    ['SET s = if_not_exists(s, :x)', {}],
    ['SET fresh = if_not_exists(absent, s)', { fresh: { S: 'text' } }],
    ['SET s = #size', undefined],
    ['SET s = n, n = m.a', { s: { N: '10' }, n: { N: '1' } }],
    ['SET l = list_append(l, :list)', { l: { L: [...ITEM.l.L, { S: 'x' }] } }],
    ['SET l = list_append(:list, if_not_exists(absent, :list))', { l: { L: [{ S: 'x' }, { S: 'x' }] } }],
    ['SET l[0] = :y', { l: { L: [{ S: 'y' }, ...ITEM.l.L.slice(1)] } }],
    ['SET l[7] = :x, l[5] = :y', { l: { L: [...ITEM.l.L, { S: 'y' }, { S: 'x' }] } }],
    ['SET l[2].deep = :x', { l: { L: [...ITEM.l.L.slice(0, 2), { M: { deep: { S: 'x' } } }] } }],
    ['SET m.fresh = :x', { m: { M: { ...ITEM.m.M, fresh: { S: 'x' } } } }],
    ['SET m.#dot = :x', { m: { M: { ...ITEM.m.M, 'with.dot': { S: 'x' } } } }],
    ['REMOVE s, absent', { s: undefined }],
    ['REMOVE l[0], l[1]', { l: { L: ITEM.l.L.slice(2) } }],
    ['REMOVE l[9]', {}],
    ['REMOVE l[0] SET l[1] = :y', { l: { L: [{ S: 'y' }, ITEM.l.L[2]] } }],
    ['REMOVE m.nest[0]', { m: { M: { ...ITEM.m.M, nest: { L: [] } } } }],
    ['ADD n :1, fresh :2', { n: { N: '11' }, fresh: { N: '2' } }],
    ['ADD ss :ba', { ss: { SS: ['a', 'b'] } }],
    ['ADD fresh :ba', { fresh: { SS: ['b', 'a'] } }],
    ['ADD m.a :9', { m: { M: { ...ITEM.m.M, a: { N: '10' } } } }],
    ['DELETE ss :ba', { ss: undefined }],
    ['DELETE absent :ba', {}],
    ['set s = :x remove n add m.a :1', { s: { S: 'x' }, n: undefined, m: { M: { ...ITEM.m.M, a: { N: '2' } } } }],
  ])('%s', async (text, changed) => {
    if (changed === undefined) {
      await expect(update(text)).rejects.toMatchObject({
        message: expect.stringMatching(/does not exist in the item/),
      });
      return;
    }
    expect(await update(text)).toEqual({ PK: { S: 'a' }, SK: { S: '1' }, ...ITEM, ...changed });
  });

  it.each([
    ['SET s = absent', /refers to an attribute that does not exist in the item/],
    ['SET n = s + :1', /An operand in the update expression has an incorrect data type/],
    ['SET l = list_append(s, :list)', /incorrect data type/],
    ['ADD s :1', /incorrect data type/],
    ['DELETE s :ba', /incorrect data type/],
    ['ADD ns :ba', /incorrect data type/],
    ['SET absent.a = :x', /document path provided in the update expression is invalid for update/],
    ['SET s.a = :x', /invalid for update/],
    ['SET m[0] = :x', /invalid for update/],
    ['SET l.a = :x', /invalid for update/],
    ['REMOVE absent.a', /invalid for update/],
    ['SET PK = :x', /Cannot update attribute PK. This attribute is part of the key/],
    ['SET PK.a = :x', /part of the key/],
    ['REMOVE SK', /Cannot update attribute SK/],
    ['SET s = :x SET n = :1', /^Invalid UpdateExpression: The "SET" section can only be used once/],
    ['SET s = :x, s = :y', /Two document paths overlap with each other; .*path one: \[s\], path two: \[s\]/],
    ['SET m.a = :x REMOVE m', /overlap .*path one: \[m, a\], path two: \[m\]/],
    ['SET m = :x REMOVE m.a', /overlap .*path one: \[m\], path two: \[m, a\]/],
    ['SET m.a = :x, m[0] = :y', /conflict with each other; .*path one: \[m, a\], path two: \[m, \[0\]\]/],
    ['SET status = :x', /reserved keyword: status/],
    ['SET s = lower(s)', /Invalid function name; function: lower/],
    ['SET s = if_not_exists(s)', /Incorrect number of operands .*if_not_exists, number of operands: 1/],
    ['SET s = if_not_exists(:x, :y)', /requires a document path; operator or function: if_not_exists/],
    ['SET n = n + :x', /Incorrect operand type .*: \+, operand type: S/],
    ['SET l = list_append(l, :x)', /Incorrect operand type .*: list_append, operand type: S/],
    ['ADD s :x', /Incorrect operand type .*operator: ADD, operand type: STRING/],
    ['DELETE n :1', /operator: DELETE, operand type: NUMBER/],
    ['SET s', /Syntax error/],
    ['CHANGE s = :x', /Syntax error/],
    ['SET s = :x,', /Syntax error/],
    ['', /can not be empty/],
  ])('is refused: %s', async (text, message) => {
    await expect(update(text)).rejects.toMatchObject({
      type: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it('adds numbers to the last of 38 digits', async () => {
    const { put, ask, Key, get } = await openRows();
    const add = async (from: string, by: string) => {
      await put({ n: { N: from } });
      await ask('UpdateItem', { Key, UpdateExpression: 'ADD n :by', ExpressionAttributeValues: { ':by': { N: by } } });
      return Object(await get()).n.N;
    };
    expect(await add('0.1', '0.2')).toBe('0.3');
    expect(await add('9007199254740993', '1')).toBe('9007199254740994');
    expect(await add('99999999999999999999999999999999999998', '1')).toBe('9'.repeat(38));
    expect(await add('1', '-1.0')).toBe('0');
    expect(await add('-1e-130', '2e-130')).toBe(`0.${'0'.repeat(129)}1`);
    await expect(add('1e20', '1e-20')).rejects.toMatchObject({
      message: expect.stringMatching(/38 significant digits/),
    });
    await expect(add('9e125', '1e125')).rejects.toMatchObject({ message: expect.stringMatching(/Number overflow/) });
  });
});

describe('a projection', () => {
  it('shows what it names, and closes lists up', async () => {
    const { put, ask, Key } = await openRows();
    await put(ITEM);
    const answer = await ask('GetItem', {
      Key,
      ProjectionExpression: 'm.#dot, l[2].deep, l[0], absent.a, s, m.a',
      ExpressionAttributeNames: { '#dot': 'with.dot' },
    });
    expect(answer).toEqual({
      Item: {
        s: ITEM.s,
        m: { M: { 'with.dot': { S: 'z' }, a: { N: '1' } } },
        l: { L: [{ S: 'x' }, { M: { deep: { S: 'y' } } }] },
      },
    });
    await expect(ask('GetItem', { Key, ProjectionExpression: 's, s' })).rejects.toMatchObject({
      message: expect.stringMatching(/^Invalid ProjectionExpression: Two document paths overlap/),
    });
  });
});
