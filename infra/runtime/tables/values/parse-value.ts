import { invalid, invalidParameter, wrongType } from '../refusals.ts';
import { type AttributeType, type AttributeValue, bytesOf, copyOf, type Item, TYPES } from './attribute-value.ts';
import { canonicalNumber, NotANumber } from './number.ts';

const DEEPEST = 32;
const KNOWN: ReadonlySet<string> = new Set(TYPES);
const isType = (name: string): name is AttributeType => KNOWN.has(name);

/** A map of attribute values as it came in a request, its numbers in their one form. @throws AwsError as AWS words it */
export function parseItem(input: unknown, depth = 1): Item {
  const item = copyOf({});
  for (const [name, value] of Object.entries(objectOf(input))) item[name] = parseValue(value, depth);
  return item;
}

/** @param depth how many lists and maps are around it */
export function parseValue(input: unknown, depth = 1): AttributeValue {
  const members = Object.entries(objectOf(input));
  const [[type, value] = ['', undefined], second] = members;
  const exactlyOne = 'must contain exactly one of the supported datatypes';
  if (second !== undefined) throw invalid(`Supplied AttributeValue has more than one datatypes set, ${exactlyOne}`);
  if (!isType(type)) throw invalid(`Supplied AttributeValue is empty, ${exactlyOne}`);
  return parseTyped(type, value, depth);
}

function parseTyped(type: AttributeType, value: unknown, depth: number): AttributeValue {
  if ((type === 'M' || type === 'L') && depth > DEEPEST) {
    const limit = `Attributes of type M and L cannot have nesting level more than ${DEEPEST}`;
    throw invalid(`Nesting Levels have exceeded supported limits: ${limit}`);
  }
  switch (type) {
    case 'S':
      return { S: textOf(value) };
    case 'N':
      return { N: numberOf(value) };
    case 'B':
      return { B: binaryOf(value) };
    case 'BOOL':
      if (typeof value !== 'boolean') throw wrongType('BOOL must be true or false');
      return { BOOL: value };
    case 'NULL':
      if (value !== true) throw invalidParameter('Null attribute value types must have the value of true');
      return { NULL: true };
    case 'SS':
      return { SS: setOf('string', value, textOf) };
    case 'NS':
      return { NS: setOf('number', value, numberOf) };
    case 'BS':
      return { BS: setOf('binary', value, binaryOf) };
    case 'M':
      return { M: parseItem(value, depth + 1) };
    case 'L':
      return { L: listOf(value).map((member) => parseValue(member, depth + 1)) };
  }
}

function objectOf(input: unknown): object {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  throw wrongType('Start of structure or map expected');
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongType('Start of list expected');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrongType(`${typeof value} cannot be converted to String`);
}

function numberOf(value: unknown): string {
  try {
    return canonicalNumber(textOf(value));
  } catch (error) {
    throw error instanceof NotANumber ? invalid(error.message) : error;
  }
}

function binaryOf(value: unknown): string {
  const text = textOf(value);
  // Decoding skips what is not base64, and would take it for another value.
  if (bytesOf(text).toString('base64') !== text) throw wrongType('Base64 expected');
  return text;
}

function setOf(kind: string, value: unknown, member: (value: unknown) => string): string[] {
  const members = listOf(value).map(member);
  if (members.length === 0) throw invalidParameter(`An ${kind} set  may not be empty`);
  if (new Set(members).size < members.length) throw invalidParameter('Input collection contains duplicates');
  return members;
}
