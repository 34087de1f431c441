import type { Port } from './octets.ts';

/**
 * Encodes integers close to their neighbours as differences in exponential Golomb code, so that 1,800 times and a thousand
 * probabilities fit into their item together with the rest of the state.
 *
 * @param values the first `count` are read, or written in place; differences up to 2^52
 */
export function differences(port: Port, values: Float64Array, count: number): void {
  const low = port.byte(usualBits(values, count));
  let before = 0;
  for (let i = 0; i < count; i++) {
    const step = (values[i] ?? 0) - before;
    // The first value is far from 0, where the code would need twice the bits.
    before += i === 0 ? port.signed(step) : zagzig(coded(port, zigzag(step), low));
    values[i] = before;
  }
  port.align();
}

/** Zigzag: the sign is in the lowest bit. */
function zigzag(step: number): number {
  return step < 0 ? -2 * step - 1 : 2 * step;
}

function zagzig(code: number): number {
  return code % 2 === 1 ? -(code + 1) / 2 : code / 2;
}

/** One bit fewer than the average difference has: differences that fit cost a single extra bit. */
function usualBits(values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 1; i < count; i++) sum += bitsOf(zigzag((values[i] ?? 0) - (values[i - 1] ?? 0)));
  return count < 2 ? 0 : Math.max(0, Math.round(sum / (count - 1)) - 1);
}

function bitsOf(value: number): number {
  let bits = 0;
  let left = value;
  for (; left >= 2 ** 31; left = Math.floor(left / 2 ** 31)) bits += 31;
  return bits + 32 - Math.clz32(left);
}

/** The `low` lowest bits verbatim; then, for the rest plus one, its length in zeros and its bits below the highest. */
function coded(port: Port, value: number, low: number): number {
  const unit = powerOfTwo(low);
  const quotient = Math.floor(value / unit);
  const length = port.zeros(bitsOf(quotient + 1) - 1);
  const size = powerOfTwo(length);
  const rest = wide(port, quotient + 1 - size, length);
  return (size + rest - 1) * unit + wide(port, value - quotient * unit, low);
}

/** Faster than `**`, which goes through logarithms. */
function powerOfTwo(exponent: number): number {
  return exponent < 31 ? 1 << exponent : 2 ** exponent;
}

/** Any number of bits, lowest first. */
function wide(port: Port, value: number, width: number): number {
  if (width <= 16) return port.bits(value, width);
  let read = 0;
  let scale = 1;
  for (let left = width; left > 0; left -= 16) {
    const part = Math.min(16, left);
    read += port.bits(Math.floor(value / scale) % 2 ** part, part) * scale;
    scale *= 2 ** part;
  }
  return read;
}
