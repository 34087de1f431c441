import { basename } from 'node:path';
import { ClusterConfig } from '../../../schemas/config.ts';
import { startFeed } from '../../demo/feed/feeder.ts';
import { timeline } from '../../demo/feed/timeline.ts';
import type { Trace } from '../../demo/feed/trace.ts';
import { traceSource } from '../../demo/stand-ins/vgac/trace-source.ts';
import { simulatedClock } from '../../runtime/clock/clock.ts';
import { APPROVERS, BEGINS_ANEW, type Plan, repeatableSalt } from './plan.ts';

/** Replays a trace on its own clock, from just before its first job. */
export function tracePlan(trace: Trace, { file, speed }: { file: string; speed?: number | undefined }): Plan {
  const releases = timeline(trace.jobs);
  const first = releases[0]?.at ?? 0;
  const clock = simulatedClock({ start: first - 1000, speed });
  const jobs = trace.jobs.length.toLocaleString('en');
  const predicted = new Set(trace.jobs.flatMap(({ clusterId, pLongWait }) => (pLongWait === null ? [] : [clusterId])));
  const what =
    predicted.size > 0 ? "with the file's probabilities as VGAC's" : 'without VGAC: the built-in forecast alone';
  return {
    description: `${jobs} jobs of ${basename(file)}, ${what}; ${BEGINS_ANEW}`,
    clock,
    clockKind: 'simulated',
    pause: () => clock.close(),
    configuration: () =>
      trace.clusters.map(({ clusterId, platform }) =>
        ClusterConfig.parse({
          clusterId,
          platform,
          // There is nothing to act on in a trace: what would have been done is recorded.
          dryRun: true,
          vgac: predicted.has(clusterId) ? { variant: 'v1', riskScoreIsProbability: true } : { variant: 'builtin' },
          actions: {
            annotate: { action: 'annotate' },
            warn: { action: 'warn' },
            suggest: [{ action: 'adjust-priority', target: '+100' }],
          },
          approvers: APPROVERS,
          // Traces name no users.
          allowUnmappedUsers: true,
        }),
      ),
    predictions: traceSource(trace.jobs, { now: () => clock.now() }),
    schedulers: new Map(),
    keepsTables: false,
    newSalt: repeatableSalt,
    start(publish) {
      let published = 0;
      const feed = startFeed({
        clock,
        releases,
        publish: async (events) => {
          publish(events);
          published++;
        },
      });
      return { ...feed, progress: () => published / releases.length };
    },
  };
}
