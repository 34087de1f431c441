/** Resolves at the first SIGINT or SIGTERM; the second one ends the process at once, with the code shells expect. */
export function onInterrupt(): Promise<void> & { happened(): boolean } {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = () => {
    count++;
    if (count > 1) process.exit(130);
    resolve();
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return Object.assign(promise, { happened: () => count > 0 });
}
