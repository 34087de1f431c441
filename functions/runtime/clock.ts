import type { Context } from 'aws-lambda';

/** Set by the bundler: true only in the build that runs on one machine. */
declare const EMBEDDED_BUILD: boolean;

/**
 * The time a handler works with. On AWS it is the wall clock, whatever the caller says. In the embedded build that machine's
 * clock passes it with the invocation, so that a simulated day can pass in a second.
 */
export function invocationTime(context: Context): Date {
  if (typeof EMBEDDED_BUILD !== 'undefined' && EMBEDDED_BUILD) {
    const embeddedNow: unknown = Reflect.get(context, 'embeddedNow');
    if (typeof embeddedNow === 'number') return new Date(embeddedNow);
  }
  return new Date();
}

/** The time during an invocation, counted from its beginning: for deadlines. A clock that is set meanwhile changes nothing. */
export function clockFrom(start: Date): () => Date {
  const began = performance.now();
  return () => new Date(start.getTime() + performance.now() - began);
}
