import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Key } from './keys.ts';

/** What the file says at this place is not what was written there. */
export class Damaged extends Error {
  override readonly name = 'Damaged' as const;
  readonly tree: number;
  /** The damaged one, or the last sound one before it. */
  readonly key: Key;

  constructor(tree: number, key: Key) {
    super('damaged');
    this.tree = tree;
    this.key = key;
  }
}

/** Keys of a range: from the first, up to and without the last. */
export interface Range {
  readonly from: Key;
  readonly to: Key;
}

interface Entry {
  readonly key: Key;
  /** The key after this one; null after the last. */
  readonly next: Key | null;
  /** Where its body is. */
  readonly body: number;
}

export type Trees = ReturnType<typeof createTrees>;

const HEAD: Key = new Uint8Array();
const NO_BODY = 0;
const BODY = 'bodies.body AS text, bodies.sum AS textSum';

/**
 * Sorted maps from keys to bodies, checked whenever they are read. Every entry has a checksum and names the entry after
 * it, so that neither a changed row nor one that can no longer be found goes unnoticed: "there is none" is only said
 * where the entry before says so. Several entries, of different trees, may have the same body.
 */
export function createTrees(db: DatabaseSync) {
  const columns = 'key, next, entries.body, entries.sum';
  const joined = `SELECT ${columns}, ${BODY} FROM entries LEFT JOIN bodies ON bodies.id = entries.body`;
  const within = 'WHERE tree = ? AND key >= ? AND key < ? ORDER BY key';
  const sql = {
    upTo: db.prepare(`SELECT ${columns} FROM entries WHERE tree = ? AND key <= ? ORDER BY key DESC LIMIT 1`),
    get: db.prepare(`${joined} WHERE tree = ? AND key <= ? ORDER BY key DESC LIMIT 1`),
    below: db.prepare(`SELECT ${columns} FROM entries WHERE tree = ? AND key < ? ORDER BY key DESC LIMIT 1`),
    forwards: db.prepare(`${joined} ${within}`),
    backwards: db.prepare(`${joined} ${within} DESC`),
    insert: db.prepare('INSERT INTO entries (tree, key, next, body, sum) VALUES (?, ?, ?, ?, ?)'),
    relink: db.prepare('UPDATE entries SET next = ?, sum = ? WHERE tree = ? AND key = ?'),
    remove: db.prepare('DELETE FROM entries WHERE tree = ? AND key = ?'),
    clear: db.prepare('DELETE FROM entries WHERE tree = ?'),
    clearBodies: db.prepare('DELETE FROM bodies WHERE id IN (SELECT body FROM entries WHERE tree = ?)'),
    lastBody: db.prepare('SELECT max(id) AS id FROM bodies'),
    addBody: db.prepare('INSERT INTO bodies (id, body, sum) VALUES (?, ?, ?)'),
    setBody: db.prepare('UPDATE bodies SET body = ?, sum = ? WHERE id = ?'),
    removeBody: db.prepare('DELETE FROM bodies WHERE id = ?'),
  };

  let lastBody = Number(sql.lastBody.get()?.id ?? NO_BODY);

  /** The entry in a row of the database. `near` is where it was looked for. */
  const entryOf = (tree: number, row: Readonly<Record<string, unknown>> | undefined, near: Key): Entry => {
    const { key, next, body, sum } = row ?? {};
    const isEntry =
      key instanceof Uint8Array && (next === null || next instanceof Uint8Array) && typeof body === 'number';
    if (!isEntry || sum !== sumOf(tree, { key, next, body })) throw new Damaged(tree, near);
    return { key, next, body };
  };
  const textOf = (tree: number, row: Readonly<Record<string, unknown>> | undefined, { key, body }: Entry): string => {
    const { text, textSum } = row ?? {};
    if (typeof text !== 'string' || textSum !== sumOfBody(body, text)) throw new Damaged(tree, key);
    return text;
  };
  /** The last entry at or before a key; the next one is after it. */
  const upTo = (tree: number, key: Key, row = sql.upTo.get(tree, key)): Entry => {
    const entry = entryOf(tree, row, key);
    if (order(entry.key, key) > 0 || reaches(entry.next, key)) throw new Damaged(tree, key);
    return entry;
  };
  /** The last entry before a key; the next one is that key or after it. */
  const before = (tree: number, key: Key): Entry => {
    const entry = entryOf(tree, sql.below.get(tree, key), key);
    if (order(entry.key, key) >= 0 || (entry.next !== null && order(entry.next, key) < 0)) throw new Damaged(tree, key);
    return entry;
  };
  const relink = (tree: number, entry: Entry, next: Key | null) => {
    const { changes } = sql.relink.run(next, sumOf(tree, { ...entry, next }), tree, entry.key);
    if (changes !== 1) throw new Damaged(tree, entry.key);
  };
  function* forwards(tree: number, { from, to }: Range): Generator<string> {
    let last = before(tree, from);
    if (!inside(last.next, to)) return;
    for (const row of sql.forwards.iterate(tree, from, to)) {
      const entry = entryOf(tree, row, last.key);
      if (!inside(last.next, to) || order(last.next, entry.key) !== 0) throw new Damaged(tree, last.key);
      last = entry;
      yield textOf(tree, row, entry);
    }
    if (inside(last.next, to)) throw new Damaged(tree, last.key);
  }

  function* backwards(tree: number, { from, to }: Range): Generator<string> {
    let after: Key | null = before(tree, to).next;
    let near = to;
    for (const row of sql.backwards.iterate(tree, from, to)) {
      const entry = entryOf(tree, row, near);
      if (!sameKey(entry.next, after) || order(entry.key, from) < 0) throw new Damaged(tree, near);
      near = entry.key;
      after = entry.key;
      yield textOf(tree, row, entry);
    }
    if (!sameKey(before(tree, from).next, after)) throw new Damaged(tree, near);
  }

  return {
    /** Makes an empty tree. */
    create(tree: number): void {
      sql.insert.run(tree, HEAD, null, NO_BODY, sumOf(tree, { key: HEAD, next: null, body: NO_BODY }));
    },
    /** Removes a tree, and the bodies of its entries where they are its own. */
    drop(tree: number, bodies: 'with its bodies' | 'alone'): void {
      if (bodies === 'with its bodies') sql.clearBodies.run(tree);
      sql.clear.run(tree);
    },
    /** The body of a key, and where it is; undefined when the tree has no such key. @throws Damaged */
    get(tree: number, key: Key): { readonly body: number; readonly text: string } | undefined {
      const row = sql.get.get(tree, key);
      const entry = upTo(tree, key, row);
      if (order(entry.key, key) !== 0) return undefined;
      return { body: entry.body, text: textOf(tree, row, entry) };
    },
    /** The bodies of a range in order. The tree must not change meanwhile. @throws Damaged */
    range: (tree: number, range: Range, order: 'forwards' | 'backwards' = 'forwards'): Generator<string> =>
      order === 'forwards' ? forwards(tree, range) : backwards(tree, range),
    /** Adds a key that the tree does not have. @throws Damaged */
    insert(tree: number, key: Key, body: number): void {
      const prior = upTo(tree, key);
      if (order(prior.key, key) === 0) throw new Damaged(tree, key);
      sql.insert.run(tree, key, prior.next, body, sumOf(tree, { key, next: prior.next, body }));
      relink(tree, prior, key);
    },
    /** Removes a key that the tree has. @throws Damaged */
    remove(tree: number, key: Key): void {
      const [entry, prior] = [upTo(tree, key), before(tree, key)];
      if (order(entry.key, key) !== 0 || !sameKey(prior.next, key)) throw new Damaged(tree, key);
      sql.remove.run(tree, key);
      relink(tree, prior, entry.next);
    },
    /** @returns where it is */
    addBody(text: string): number {
      lastBody += 1;
      sql.addBody.run(lastBody, text, sumOfBody(lastBody, text));
      return lastBody;
    },
    setBody: (body: number, text: string): void => void sql.setBody.run(text, sumOfBody(body, text), body),
    removeBody: (body: number): void => void sql.removeBody.run(body),
  };
}

const order = (a: Key, b: Key) => Buffer.compare(a, b);
const reaches = (next: Key | null, key: Key) => next !== null && order(next, key) <= 0;
const inside = (next: Key | null, to: Key): next is Key => next !== null && order(next, to) < 0;
const sameKey = (a: Key | null, b: Key | null) => (a === null || b === null ? a === b : order(a, b) === 0);

/** Over everything of an entry; the lengths keep bytes from moving between the keys. */
function sumOf(tree: number, { key, next, body }: Entry): number {
  const rest = Math.imul(tree, 0x9e3779b1) ^ Math.imul(body, 0x85ebca6b) ^ (key.length << 1) ^ (next === null ? 1 : 0);
  const start = crc32(key, rest >>> 0);
  return next === null ? start : crc32(next, start);
}

const sumOfBody = (body: number, text: string) => crc32(text, body >>> 0);
