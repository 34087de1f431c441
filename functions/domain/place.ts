import { type Round, roundHash } from './round.ts';

/**
 * One reservation as the calibration item keeps it: the hash of the round (8 bytes), what it reserves in ten-thousandths of a
 * token (4), and when it was decided, in ms (6). The time tells two attempts at one round apart, so that the one that is not
 * recorded gives back its own reservation and no other.
 *
 * Kept as 21 bytes of 7 bits: dynalite's `contains` compares sets of bytes as UTF-8 text, to which any two bytes above 127 can
 * be the same, so that an attempt would be taken for the one before it.
 */
export function placeOf(round: Round, cost: number, decidedAt: Date): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(roundHash(round));
  view.setUint32(COST_AT, cost);
  view.setUint16(TIME_AT, Math.floor(decidedAt.getTime() / 2 ** 32));
  view.setUint32(TIME_AT + 2, decidedAt.getTime() % 2 ** 32);
  return regrouped(bytes, 8, 7);
}

/** What a place reserves, in ten-thousandths of a token. */
export function costOfPlace(place: Uint8Array): number {
  return viewOf(place).getUint32(COST_AT);
}

/** When it was decided, in ms. */
export function timeOfPlace(place: Uint8Array): number {
  const view = viewOf(place);
  return view.getUint16(TIME_AT) * 2 ** 32 + view.getUint32(TIME_AT + 2);
}

/** Whether a place, or the hash of an open call, is of this round. */
export function isOfRound(bytes: Uint8Array, hash: Uint8Array): boolean {
  const own = bytes.length === PACKED_SIZE ? regrouped(bytes, 7, 8) : bytes;
  return hash.every((byte, i) => own[i] === byte);
}

/** As text, to be looked up in a set. */
export function keyOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const COST_AT = 8;
const TIME_AT = 12;
const SIZE = 18;
const PACKED_SIZE = Math.ceil((SIZE * 8) / 7);

function viewOf(place: Uint8Array): DataView {
  return new DataView(regrouped(place, 7, 8).buffer);
}

/** The same bits in groups of another size, one to a byte; between 18 bytes of 8 and 21 of 7. */
function regrouped(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(to === 7 ? PACKED_SIZE : SIZE);
  for (let bit = 0; bit < SIZE * 8; bit++) {
    const set = ((bytes[Math.floor(bit / from)] ?? 0) >> (bit % from)) & 1;
    const at = Math.floor(bit / to);
    into[at] = (into[at] ?? 0) | (set << (bit % to));
  }
  return into;
}
