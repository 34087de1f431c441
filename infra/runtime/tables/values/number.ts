/** Why a text is no number that DynamoDB keeps. */
export class NotANumber extends Error {
  override readonly name = 'NotANumber' as const;
}

const DIGITS = 38;
const LARGEST = 125;
const SMALLEST = -130;

/** 0.digits times a power of ten: without zeros at either end, and without digits for zero. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  /** Of the first digit: 0 for 1 to 9, -1 for 0.1 to 0.9. */
  readonly magnitude: number;
}

const SYNTAX = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
/** What most numbers are: nothing to change about them. */
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,37})$/;
/** Up to 15 digits a double keeps order and equality of decimal texts, and adds integers exactly. */
const EXACT = 15;
const SHORT_INTEGER = /^-?\d{1,15}$/;

function parse(text: string): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = SYNTAX.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') {
    throw new NotANumber(`The parameter cannot be converted to a numeric value${text === '' ? '' : `: ${text}`}`);
  }
  const all = whole + fraction;
  const digits = all.replace(/^0+/, '');
  const magnitude = whole.length - 1 - (all.length - digits.length) + Number(exponent);
  return { negative: sign === '-' && digits !== '', digits: digits.replace(/0+$/, ''), magnitude };
}

/** The one text of a number, without an exponent, as DynamoDB answers it. @throws NotANumber beyond what is kept */
export function canonicalNumber(text: string): string {
  if (PLAIN_INTEGER.test(text)) return text;
  const { negative, digits, magnitude } = parse(text);
  if (digits === '') return '0';
  const number = 'Attempting to store a number with magnitude';
  if (magnitude > LARGEST) throw new NotANumber(`Number overflow. ${number} larger than supported range`);
  if (magnitude < SMALLEST) throw new NotANumber(`Number underflow. ${number} smaller than supported range`);
  if (digits.length > DIGITS) throw new NotANumber('Attempting to store more than 38 significant digits in a Number');
  const sign = negative ? '-' : '';
  if (magnitude < 0) return `${sign}0.${'0'.repeat(-magnitude - 1)}${digits}`;
  const whole = digits.slice(0, magnitude + 1).padEnd(magnitude + 1, '0');
  const fraction = digits.slice(magnitude + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Orders two canonical texts by what they are worth. */
export function compareNumbers(a: string, b: string): number {
  if (a.length <= EXACT && b.length <= EXACT) return Number(a) - Number(b);
  const [left, right] = [sortableNumber(a), sortableNumber(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Adds two canonical texts exactly. @throws NotANumber where the sum is beyond what DynamoDB keeps */
export function addNumbers(a: string, b: string): string {
  if (SHORT_INTEGER.test(a) && SHORT_INTEGER.test(b)) return String(Number(a) + Number(b));
  const places = Math.max(placesOf(a), placesOf(b));
  const sum = scaled(a, places) + scaled(b, places);
  const text = String(sum < 0n ? -sum : sum).padStart(places + 1, '0');
  const point = text.length - places;
  return canonicalNumber(`${sum < 0n ? '-' : ''}${text.slice(0, point)}.${text.slice(point)}`);
}

export function negated(number: string): string {
  if (number === '0') return number;
  return number.startsWith('-') ? number.slice(1) : `-${number}`;
}

const placesOf = (number: string) => {
  const point = number.indexOf('.');
  return point < 0 ? 0 : number.length - point - 1;
};
const scaled = (number: string, places: number) =>
  BigInt(number.replace('.', '') + '0'.repeat(places - placesOf(number)));

/** A text of a canonical number; such texts sort as the numbers do. */
export function sortableNumber(number: string): string {
  const { negative, digits, magnitude } = parse(number);
  if (digits === '') return '1';
  const exponent = magnitude - SMALLEST;
  const three = (value: number) => String(value).padStart(3, '0');
  if (!negative) return `2${three(exponent)}${digits}`;
  // The more there is of a negative number, the less it is: complements, and an end that is above every digit.
  const complement = digits.replace(/\d/g, (digit) => String(9 - Number(digit)));
  return `0${three(999 - exponent)}${complement}:`;
}

/** Bytes that a number counts in the size of its item: two digits a byte, one for the exponent, one for a minus. */
export function numberSize(number: string): number {
  const digits = number.replace(/^-?0*\.?0*|\./g, '').replace(/0+$/, '').length;
  return Math.ceil(digits / 2) + 1 + (number.startsWith('-') ? 1 : 0);
}
