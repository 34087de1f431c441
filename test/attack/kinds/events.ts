import { accountOf } from '../accounting.ts';
import { type Kind, type Outcome, pick } from '../kind.ts';

const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

/** Details that describe no job to act on. */
const BAD: readonly [string, (good: Record<string, unknown>) => string][] = [
  ['nested 4,410 deep', () => nested(4_410)],
  ['nested 100,000 deep', () => nested(100_000)],
  ['of nothing', () => '{}'],
  ['with a tail', (good) => `${JSON.stringify(good)}x`],
  ['of the year 2099', (good) => JSON.stringify({ ...good, submittedAt: '2099-06-01T00:00:00Z' })],
  ['of two hours ahead', (good) => JSON.stringify({ ...good, submittedAt: soon(7_200_000) })],
  ['with a number beyond all', (good) => JSON.stringify(good).replace('"gpus":1', '"gpus":1e999')],
  ['with a job id of 4 KB', (good) => JSON.stringify({ ...good, jobId: 'x'.repeat(4_096) })],
  ['with an expression for a name', (good) => JSON.stringify({ ...good, jobId: '{% $eval("1") %}' })],
  ['of another version', (good) => JSON.stringify({ ...good, schemaVersion: 2 })],
  ['that reaches for the prototype', (good) => JSON.stringify(good).replace('{', '{"__proto__":{"x":1},')],
  ['of 100 KB', (good) => JSON.stringify({ ...good, user: 'x'.repeat(100_000) })],
];

/** A good job among bad events is taken, and whatever number in it is legal is kept. */
export const events: Kind = {
  name: 'events',
  about: 'malformed events among good ones: each is answered by itself, and every good job is there after a kill',
  run: async ({ home, random, short }): Promise<Outcome> => {
    const broken: string[] = [];
    const accepted: string[] = [];
    const batches = short ? 12 : 120;
    for (let i = 0; i < batches; i++) {
      const [what, spoil] = pick(random, [BAD[i % BAD.length] ?? ['of nothing', () => '{}']]);
      const tiny = random() < 0.5 ? { request: { gpus: 5e-324, cpuMillis: 0, memoryGb: 1e-200 } } : {};
      const [first, bad, last] = [home.submission(tiny), home.submission(), home.submission()];
      const sent = [JSON.stringify(first.detail), spoil(bad.detail), JSON.stringify(last.detail)];
      const answers = await home.put('JobSubmitted', sent).catch((error: unknown) => String(error));
      if (typeof answers === 'string') {
        broken.push(`a batch with an event ${what} was not answered: ${answers}`);
        continue;
      }
      for (const [at, { jobId }] of [[0, first] as const, [2, last] as const]) {
        if (answers[at]?.EventId === undefined) broken.push(`a good job beside an event ${what} was refused`);
        else accepted.push(jobId);
      }
    }
    const { lost } = await accountOf(home, accepted);
    for (const jobId of lost) broken.push(`${jobId} was acknowledged and is lost`);
    return { tries: batches, broken };
  },
};
