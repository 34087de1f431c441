import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runningTime } from '../../../../infra/runtime/clock/running-time.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** Time that passes in steps; while the process is stopped, it passes without any timer. */
function world() {
  let ms = 0;
  const time = runningTime(() => ms);
  return {
    time,
    stop: (seconds: number) => {
      ms += seconds * 1000;
    },
    run: (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        ms += 1000;
        vi.advanceTimersByTime(1000);
      }
    },
  };
}

describe('a limit in running time', () => {
  it('ends when the process has run that long', () => {
    const { time, run } = world();
    const ended = vi.fn();
    time.limit(60_000, ended);
    run(59);
    expect(ended).not.toHaveBeenCalled();
    run(1);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('leaves what is in flight the rest of its time after the process was stopped for longer than that', () => {
    const { time, run, stop } = world();
    const ended = vi.fn();
    time.limit(60_000, ended);
    run(10);
    stop(300);
    run(40);
    expect(ended).not.toHaveBeenCalled();
    run(10);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('does not end once it is cancelled or everything is closed', () => {
    const { time, run } = world();
    const ended = vi.fn();
    time.limit(5_000, ended)();
    time.limit(5_000, ended);
    time.close();
    run(20);
    expect(ended).not.toHaveBeenCalled();
  });
});
