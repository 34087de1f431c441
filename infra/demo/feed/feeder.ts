import type { CollectorEvent, Release } from './timeline.ts';

/** The part of the one clock that the feeder needs: it moves only while nothing holds it. */
export interface FeedClock {
  at(timeMs: number, run: () => void): { cancel(): void };
  hold(): () => void;
}

export interface Feed {
  /**
   * Resolves when everything has been released or the feed was stopped; rejects when an event could not be published.
   */
  readonly done: Promise<void>;
  stop(): void;
}

/**
 * Releases a timeline on the clock, one group after another. A group is scheduled only after the previous one has
 * been published; the clock stands still while anything is in flight, so that no label overtakes a decision due
 * before it.
 */
export function startFeed(options: {
  clock: FeedClock;
  releases: readonly Release[];
  publish(events: readonly CollectorEvent[]): Promise<void>;
}): Feed {
  const { clock, releases, publish } = options;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let pending: { cancel(): void } | undefined;
  let stopped = false;

  const schedule = (index: number): void => {
    const release = releases[index];
    if (release === undefined || stopped) {
      resolve();
      return;
    }
    pending = clock.at(release.at, () => {
      const releaseClock = clock.hold();
      publish(release.events)
        .then(() => schedule(index + 1))
        .catch(reject)
        .finally(releaseClock);
    });
  };
  schedule(0);
  return {
    done,
    stop() {
      stopped = true;
      pending?.cancel();
      resolve();
    },
  };
}
