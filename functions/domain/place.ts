import { type Round, roundHash } from './round.ts';

/**
 * One reservation on the calibration item: the hash of the round (8 bytes), the amount in ten-thousandths of a token (4), and
 * the decision time in ms (6). The time distinguishes two attempts at one round, so that the unrecorded one gives back its own
 * reservation and no other.
 */
export function placeOf(round: Round, cost: number, decidedAt: Date): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(roundHash(round));
  view.setUint32(COST_AT, cost);
  view.setUint16(TIME_AT, Math.floor(decidedAt.getTime() / 2 ** 32));
  view.setUint32(TIME_AT + 2, decidedAt.getTime() % 2 ** 32);
  return bytes;
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
  return hash.every((byte, i) => bytes[i] === byte);
}

/** As text, for lookup in a set. */
export function keyOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const COST_AT = 8;
const TIME_AT = 12;
const SIZE = 18;

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);
