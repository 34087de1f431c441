import { describe, expect, it } from 'vitest';
import { recognise } from '../../../../infra/replay/import/recognise.ts';
import { zoneOf } from '../../../../infra/replay/import/zone.ts';

const options = { mapping: new Map(), longWaitSeconds: 300 } as const;

/** As the tools print it: Slurm 22.05, Kueue 0.17. */
const PRINTED: readonly (readonly [string, string, RegExp])[] = [
  [
    'sacct with its usual columns',
    'JobID|JobName|Partition|Account|AllocCPUS|State|ExitCode\n1|wrap|gpu|research|2|COMPLETED|0:0\n',
    /sacct without Submit and Start.*--parsable2 --format=JobID,.*Submit,Start/,
  ],
  [
    'sacct in columns of fixed width',
    [
      'JobID           JobName  Partition      State              Submit               Start ',
      '------------ ---------- ---------- ---------- ------------------- ------------------- ',
      '14_0               wrap        low  COMPLETED 2026-11-30T19:43:21 2026-11-30T19:43:36 ',
    ].join('\n'),
    /fixed-width.*sacct -a -X .*--parsable2/,
  ],
  [
    'squeue',
    '             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n                17       gpu     long bed-alic PD       0:00      1 (BeginTime)\n',
    /squeue.*sacct -a -X/,
  ],
  [
    'a table of kubectl',
    'NAMESPACE   NAME           QUEUE   RESERVED IN   ADMITTED   FINISHED   AGE\ndefault     job-j2-cb8d9   lq      cq            True                  12s\n',
    /kubectl get workloads -A -o json/,
  ],
  [
    'YAML of kubectl',
    'apiVersion: v1\nitems:\n- apiVersion: kueue.x-k8s.io/v1beta2\n  kind: Workload\n',
    /YAML.*-o json/,
  ],
];

describe('output of a tool that is known, in a form that tells too little', () => {
  it.each(PRINTED)('%s is refused with what it is and the line to type', (_, text, says) => {
    expect(() => recognise(Buffer.from(text), options)).toThrow(says);
  });
});

describe('a zone that was given', () => {
  const zone = zoneOf('Europe/Berlin');
  const notesOf = (time: string): readonly string[] =>
    recognise(Buffer.from(`submitted_at,actual_wait_s\n${time},10\n`), { ...options, zone }).notes;

  it('is told where times name none', () => {
    expect(notesOf('2026-03-01T08:00:00')).toEqual(['times name no zone and are read as those of Europe/Berlin']);
    expect(notesOf('2026-03-01T08:00:00Z')).toEqual([]);
    expect(notesOf('1772352000')).toEqual([]);
  });
});
