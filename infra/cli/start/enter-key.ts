/** What is needed of standard input. */
export interface Keyboard {
  readonly isTTY?: boolean;
  once(event: 'data' | 'end', heard: () => void): unknown;
  off(event: 'data' | 'end', heard: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/**
 * Resolves when Enter is pressed, or the input ends, or it is not waited for any more. The terminal stays in its line mode, so
 * that Ctrl-C is a signal as ever; input is let go of afterwards, so that it keeps no process alive.
 */
export function enterPressed(keyboard: Keyboard, noMore: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  keyboard.once('data', resolve);
  keyboard.once('end', resolve);
  keyboard.resume();
  void noMore.then(() => resolve());
  return promise.finally(() => {
    keyboard.off('data', resolve);
    keyboard.off('end', resolve);
    keyboard.pause();
  });
}
