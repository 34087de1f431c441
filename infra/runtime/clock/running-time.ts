/** Between two looks at the clock; unless something else looks at it, one interval looks for all. */
const BEAT_MS = 1_000;
/** A longer gap between two looks is a time in which this process did not run: it was stopped, or the machine slept. */
const LONGEST_GAP_MS = 5_000;

/**
 * Time limits on work of this process, in the time in which it runs. A process that was stopped for a minute has not given its
 * work a minute; if all limits ended at once when it goes on, everything in flight would fail.
 * @param now milliseconds that only go forward
 */
export function runningTime(now: () => number = () => performance.now()) {
  let running = 0;
  let last = now();
  const look = () => {
    const time = now();
    running += Math.min(time - last, LONGEST_GAP_MS);
    last = time;
    return running;
  };
  const open = new Set<() => void>();
  let beat: NodeJS.Timeout | undefined;
  return {
    /** Runs `run` after so much running time. @returns what cancels it */
    limit(ms: number, run: () => void): () => void {
      const end = look() + ms;
      const check = () => {
        const left = end - look();
        if (left > 0) {
          timer = setTimeout(check, left);
          return;
        }
        cancel();
        run();
      };
      let timer = setTimeout(check, ms);
      beat ??= setInterval(look, BEAT_MS).unref();
      const cancel = () => {
        clearTimeout(timer);
        open.delete(cancel);
        if (open.size > 0) return;
        clearInterval(beat);
        beat = undefined;
      };
      open.add(cancel);
      return cancel;
    },
    /** Cancels every limit. */
    close(): void {
      for (const cancel of [...open]) cancel();
    },
  };
}
