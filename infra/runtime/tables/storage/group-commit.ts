import type { DatabaseSync } from 'node:sqlite';
import { AwsError } from '../../aws-error.ts';
import type { CommitCount } from './commit-count.ts';
import { isRefusal, wordsOf } from './sqlite-file.ts';

export type Later = (retry: () => void) => void;
export type Report = (message: string) => void;

/** What must fit on the disk before it is believed to take writes again. */
const ROOM_BYTES = 2 ** 20;

interface Member {
  /** Called when what the work found or wrote is on the disk. */
  readonly settle: () => void;
  /** Called when nothing of the group was written. */
  readonly undone: () => void;
}

interface Options {
  readonly db: DatabaseSync;
  readonly commits: Pick<CommitCount, 'count' | 'committed'>;
  readonly later: Later;
  readonly report: Report;
  /** Called when writes that had been done were undone again. */
  readonly undone: () => void;
}

/**
 * Runs the work of requests one after the other and commits all of one turn of the event loop at once: one trip to the
 * disk serves all requests that were being answered. An answer is given when everything it rests on is committed, so a
 * reader that saw a write waits with it.
 */
export function createGroupCommit({ db, commits, later, report, undone }: Options) {
  const sql = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT work'),
    release: db.prepare('RELEASE work'),
    undo: db.prepare('ROLLBACK TO work'),
    fill: db.prepare('INSERT INTO bodies (id, body, sum) VALUES (0, zeroblob(?), 0)'),
    empty: db.prepare('DELETE FROM bodies WHERE id = 0'),
  };
  /** Requests whose answers wait for the commit; null when nothing has been written since the last one. */
  let group: Member[] | null = null;
  let refused: { readonly answer: AwsError; times: number } | undefined;
  let mending: Promise<void> | undefined;
  let closed = false;

  const begin = () => {
    sql.begin.run();
    group = [];
    setImmediate(flush);
  };
  const flush = () => {
    if (group === null) return;
    try {
      commits.count();
      sql.commit.run();
    } catch (error) {
      return giveUp(error);
    }
    commits.committed();
    const members = group;
    group = null;
    for (const { settle } of members) settle();
  };
  /** Nothing of the group was written, and the disk takes nothing now. */
  const giveUp = (error: unknown) => {
    const members = group ?? [];
    group = null;
    if (db.isTransaction) sql.rollback.run();
    undone();
    const message = `the tables cannot be written (${wordsOf(error)})`;
    report(message);
    const told = `${message}: nothing was stored; try again once there is space on the disk`;
    refused = { answer: new AwsError('ServiceUnavailable', told, 503), times: 0 };
    for (const member of members) member.undone();
    void writable();
  };
  const refusal = () => {
    if (refused !== undefined) refused.times++;
    return refused?.answer ?? new AwsError('InternalServerError', 'the tables are closed', 500);
  };

  const probe = () => {
    sql.begin.run();
    try {
      sql.fill.run(ROOM_BYTES);
      sql.commit.run();
      sql.empty.run();
    } finally {
      if (db.isTransaction) sql.rollback.run();
    }
  };
  const mend = async () => {
    while (refused !== undefined && !closed) {
      try {
        probe();
        report(`the tables can be written again; ${refused.times} requests were refused meanwhile`);
        refused = undefined;
      } catch {
        await new Promise<void>((resolve) => later(resolve));
      }
    }
  };
  const writable = (): Promise<void> => {
    if (refused === undefined) return Promise.resolve();
    mending ??= mend().finally(() => {
      mending = undefined;
    });
    return mending;
  };

  /** Does the work, all of it or nothing. */
  const undivided = <T>(work: () => T): T => {
    sql.savepoint.run();
    try {
      return work();
    } catch (error) {
      if (db.isTransaction) sql.undo.run();
      throw error;
    } finally {
      if (db.isTransaction) sql.release.run();
    }
  };

  return {
    /** Answers what the work finds, once all that it may have seen is committed. */
    read<T>(work: () => T): Promise<T> {
      if (closed) return Promise.reject(refusal());
      return new Promise((resolve, reject) => {
        const { settle } = attempt(work, resolve, reject);
        if (group === null) settle();
        // What it saw is not there any more; what it asked for still may be.
        else group.push({ settle, undone: () => void this.read(work).then(resolve, reject) });
      });
    },
    /** Does work that writes, and answers once it is committed. What throws has written nothing. */
    write<T>(work: () => T): Promise<T> {
      if (closed || refused !== undefined) return Promise.reject(refusal());
      return new Promise((resolve, reject) => {
        const { settle, error } = attempt(
          () => {
            if (group === null) begin();
            return undivided(work);
          },
          resolve,
          reject,
        );
        const started = group !== null;
        group ??= [];
        group.push({ settle, undone: () => reject(refusal()) });
        if (!started || !db.isTransaction || isRefusal(error)) giveUp(error);
      });
    },
    /** Resolves when the disk takes writes, or is not known to refuse them. */
    writable,
    /** Commits what is waiting. */
    close(): void {
      flush();
      closed = true;
    },
  };
}

/** Does the work now; `settle` tells how it went. */
function attempt<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void) {
  try {
    const value = work();
    return { settle: () => resolve(value), error: undefined };
  } catch (error) {
    return { settle: () => reject(error), error };
  }
}
