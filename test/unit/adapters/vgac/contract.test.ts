import { inspect } from 'node:util';
import { delay, HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectVgac } from '../../../../functions/adapters/vgac/connect.ts';
import type { JobToPredict } from '../../../../functions/application/decisions/vgac.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import { PlatformWaitRequest, V1ScoreRequest } from '../../../../schemas/ports/vgac.ts';

const BASE = 'https://vgac.test/root';
const KEY = 'k-5ecret-4711';
const CLUSTER = 'c1';

const job: JobToPredict = {
  clusterId: CLUSTER,
  jobId: '123_[4-7]',
  queue: 'gpu',
  request: { gpus: 4, cpuMillis: 2_500, memoryGb: 64, estimatedMinutes: 30 },
};

const calibration = {
  ece: 0.018,
  brier_score: 0.05,
  sample_count: 900,
  last_recalibration: null,
  recalibration_needed: false,
};

/** Per variant: where its predictions and states come from, and a good answer of each. */
const variants = [
  {
    variant: 'v1' as const,
    predictPath: '/api/v1/predict/score',
    prediction: { wait_time_seconds: 420, confidence: 0.9, risk_score: 0.7, calibration_score: 0.91 },
    wrongType: { wait_time_seconds: 420, confidence: 0.9, risk_score: '0.7', calibration_score: 0.91 },
    statePath: '/api/v1/cluster/state',
    state: {
      cluster_id: CLUSTER,
      platform: 'slurm',
      queue_depth: 3,
      gpu_utilization: 81.5,
      gpu_memory_used: 40,
      active_jobs: 7,
      pending_jobs: 3,
    },
    calibrationPath: '/api/v1/jobs/calibration',
    request: V1ScoreRequest,
    sent: { job_id: '123_[4-7]', cluster_id: CLUSTER },
  },
  {
    variant: 'platform' as const,
    predictPath: '/api/predict/wait',
    prediction: {
      probability_long_wait: 0.7,
      estimated_wait_seconds: 420,
      wait_category: 'long',
      confidence: 0.9,
      is_calibrated: true,
      latency_us: 120,
    },
    wrongType: {
      probability_long_wait: 1.7,
      estimated_wait_seconds: 420,
      wait_category: 'long',
      confidence: 0.9,
      is_calibrated: true,
      latency_us: 120,
    },
    statePath: '/api/cluster/summary',
    state: {
      cluster_id: 'other-name',
      scheduler_type: 'slurm',
      total_nodes: 10,
      ready_nodes: 9,
      total_gpus: 40,
      available_gpus: 8,
      gpu_utilization: 81.5,
      pending_jobs: 3,
      running_jobs: 7,
      queue_depth: 3,
    },
    calibrationPath: '/api/jobs/predict/calibration',
    request: PlatformWaitRequest,
    sent: {
      gpus: 4,
      cpu: 2.5,
      memory_gb: 64,
      priority: 0,
      namespace: 'default',
      queue: 'gpu',
      estimated_duration_minutes: 30,
      is_distributed: false,
    },
  },
];

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** A VGAC whose clock moves only by its waits, which are recorded in ms. */
function connect(
  variant: 'v1' | 'platform',
  overrides: { riskScoreIsProbability?: boolean; apiKey?: string | null } = {},
) {
  const waits: number[] = [];
  let now = Date.UTC(2026, 10, 20, 8);
  const { vgac: config } = ClusterConfig.parse({
    clusterId: CLUSTER,
    platform: 'slurm',
    vgac: { variant, riskScoreIsProbability: overrides.riskScoreIsProbability ?? true },
  });
  const vgac = connectVgac(
    { ...config, variant },
    {
      baseUrl: `${BASE}/`,
      apiKey: overrides.apiKey === undefined ? KEY : overrides.apiKey,
      timeoutSeconds: 0.1,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
      },
      random: () => 0.5,
      now: () => now,
    },
  );
  return { vgac, waits, now: () => now };
}

describe.each(variants)('VGAC port, variant $variant', (given) => {
  const predictUrl = `${BASE}${given.predictPath}`;

  /** Answers predictions with these responses in turn, the last one again and again; counts the requests. */
  function answers(...responses: (() => Response | Promise<Response>)[]) {
    const seen: Request[] = [];
    server.use(
      http.post(predictUrl, ({ request }) => {
        seen.push(request.clone());
        const respond = responses[Math.min(seen.length, responses.length) - 1];
        return respond ? respond() : HttpResponse.error();
      }),
    );
    return seen;
  }
  const good = () => HttpResponse.json(given.prediction);

  it('predicts, asking in its wire format with the bearer key', async () => {
    const seen = answers(good);
    const prediction = await connect(given.variant).vgac.predict(job);
    expect(prediction).toEqual({ pLongWait: 0.7, waitSeconds: 420, confidence: 0.9 });
    expect(seen[0]?.headers.get('authorization')).toBe(`Bearer ${KEY}`);
    expect(given.request.parse(await seen[0]?.json())).toEqual(given.sent);
  });

  it('sends no authorization when no key is configured', async () => {
    const seen = answers(good);
    await connect(given.variant, { apiKey: null }).vgac.predict(job);
    expect(seen[0]?.headers.has('authorization')).toBe(false);
  });

  it('observes the cluster', async () => {
    server.use(http.get(`${BASE}${given.statePath}`, () => HttpResponse.json(given.state)));
    const observation = await connect(given.variant).vgac.observe(CLUSTER);
    const gpuMemoryUsed = given.variant === 'v1' ? 40 : null;
    expect(observation).toEqual({
      ...{ queueDepth: 3, gpuUtilization: 81.5, gpuMemoryUsed, pendingJobs: 3, runningJobs: 7 },
    });
  });

  it('hands on what VGAC says of its calibration', async () => {
    let asked = '';
    server.use(
      http.get(`${BASE}${given.calibrationPath}`, ({ request }) => {
        asked = new URL(request.url).searchParams.get('cluster_id') ?? '';
        return HttpResponse.json({ ...calibration, extra: 'tolerated' });
      }),
    );
    expect(await connect(given.variant).vgac.calibration(CLUSTER)).toEqual(calibration);
    expect(asked).toBe(CLUSTER);
  });

  it('tries again after a 500, with growing jittered waits', async () => {
    const seen = answers(
      () => new HttpResponse(null, { status: 500 }),
      () => new HttpResponse(null, { status: 503 }),
      good,
    );
    const { vgac, waits } = connect(given.variant);
    expect(await vgac.predict(job)).toMatchObject({ pLongWait: 0.7 });
    expect(seen).toHaveLength(3);
    expect(waits).toEqual([187.5, 375]);
  });

  it('gives up after three attempts', async () => {
    const seen = answers(() => new HttpResponse(null, { status: 502 }));
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacUnavailable' });
    expect(seen).toHaveLength(3);
  });

  it('waits as long as Retry-After says in seconds', async () => {
    answers(() => new HttpResponse(null, { status: 429, headers: { 'retry-after': '7' } }), good);
    const { vgac, waits } = connect(given.variant);
    await vgac.predict(job);
    expect(waits).toEqual([7_000]);
  });

  it('waits until the date that Retry-After names', async () => {
    const { vgac, waits, now } = connect(given.variant);
    const until = new Date(now() + 4_000).toUTCString();
    answers(() => new HttpResponse(null, { status: 429, headers: { 'retry-after': until } }), good);
    await vgac.predict(job);
    expect(waits).toEqual([4_000]);
  });

  it('gives up at once rather than wait beyond the time of its task', async () => {
    const seen = answers(() => new HttpResponse(null, { status: 429, headers: { 'retry-after': '3600' } }));
    const { vgac, waits } = connect(given.variant);
    await expect(vgac.predict(job)).rejects.toMatchObject({ name: 'VgacUnavailable' });
    expect(seen).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('is unavailable when no answer comes in time, after three attempts', async () => {
    const seen = answers(async () => {
      await delay('infinite');
      return good();
    });
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacUnavailable' });
    expect(seen).toHaveLength(3);
  });

  it('is unavailable when the network fails', async () => {
    answers(() => HttpResponse.error());
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacUnavailable' });
  });

  it.each([400, 401, 403, 404, 422])('does not repeat a %d', async (status) => {
    const seen = answers(() => HttpResponse.json({ detail: KEY }, { status }));
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacRefused', status });
    expect(seen).toHaveLength(1);
  });

  it('does not follow a redirect with the key', async () => {
    answers(() => new HttpResponse(null, { status: 307, headers: { location: 'https://elsewhere.test/' } }));
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacRefused', status: 307 });
  });

  it.each([
    ['is not JSON', () => new HttpResponse('<html>')],
    ['is empty', () => new HttpResponse('')],
    ['holds NaN', () => new HttpResponse(JSON.stringify(given.prediction).replace('0.7', 'NaN'))],
    ['holds infinity', () => new HttpResponse(JSON.stringify(given.prediction).replace('420', '1e999'))],
    ['has wrong types', () => HttpResponse.json(given.wrongType)],
    ['lacks a field', () => HttpResponse.json({ confidence: 1 })],
    ['is an array', () => HttpResponse.json([given.prediction])],
    ['is huge', () => new HttpResponse(JSON.stringify({ ...given.prediction, padding: 'x'.repeat(1_100_000) }))],
  ])('is malformed, and not repeated, when the body %s', async (_, respond) => {
    const seen = answers(respond);
    await expect(connect(given.variant).vgac.predict(job)).rejects.toMatchObject({ name: 'VgacMalformed' });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['unavailable', () => new HttpResponse(KEY, { status: 500 })],
    ['unreachable', () => HttpResponse.error()],
    ['refused', () => new HttpResponse(KEY, { status: 403 })],
    ['malformed', () => new HttpResponse(`{"echo": "${KEY}`)],
    ['of wrong types', () => HttpResponse.json({ confidence: KEY })],
  ])('keeps the key out of the error when %s', async (_, respond) => {
    answers(respond);
    const error: unknown = await connect(given.variant)
      .vgac.predict(job)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
  });

  it('refuses a key that no header may hold, without quoting it', () => {
    const bad = `${KEY}\nx: y`;
    try {
      connect(given.variant, { apiKey: bad });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'VgacRefused', status: null });
      expect(inspect(error)).not.toContain(KEY);
    }
  });
});

describe('VGAC port, variant v1', () => {
  const answer = (risk: number) =>
    server.use(
      http.post(`${BASE}/api/v1/predict/score`, () =>
        HttpResponse.json({ wait_time_seconds: 1, confidence: 1, risk_score: risk, calibration_score: 1 }),
      ),
    );

  it('gives no probability where risk_score is not configured to be one', async () => {
    answer(0.7);
    const { vgac } = connect('v1', { riskScoreIsProbability: false });
    expect(await vgac.predict(job)).toEqual({ pLongWait: null, waitSeconds: 1, confidence: 1 });
  });

  it.each([0, 1])('takes the boundary %d for a probability', async (risk) => {
    answer(risk);
    expect(await connect('v1').vgac.predict(job)).toMatchObject({ pLongWait: risk });
  });

  it.each([-0.01, 1.01, 73])('refuses a risk_score of %d as a probability', async (risk) => {
    answer(risk);
    await expect(connect('v1').vgac.predict(job)).rejects.toMatchObject({ name: 'VgacMalformed' });
  });

  it('tolerates a risk_score beyond 1 where it is no probability', async () => {
    answer(73);
    expect(await connect('v1', { riskScoreIsProbability: false }).vgac.predict(job)).toMatchObject({ pLongWait: null });
  });

  it('refuses the state of another cluster', async () => {
    const { state, statePath } = variants[0] ?? { state: {}, statePath: '' };
    server.use(http.get(`${BASE}${statePath}`, () => HttpResponse.json({ ...state, cluster_id: 'c2' })));
    await expect(connect('v1').vgac.observe(CLUSTER)).rejects.toMatchObject({ name: 'VgacMalformed' });
  });
});

describe('connectVgac', () => {
  const settings = { baseUrl: BASE, apiKey: null, timeoutSeconds: 1, sleep: async () => undefined, random: () => 0 };
  const config = (variant: 'v1' | 'platform', vgac: object) => ({
    ...ClusterConfig.parse({ clusterId: CLUSTER, platform: 'slurm', vgac }).vgac,
    variant,
  });

  it("prefers the cluster's own base URL", async () => {
    server.use(http.get('http://own.test/p/api/cluster/summary', () => HttpResponse.json(variants[1]?.state ?? {})));
    const vgac = connectVgac(config('platform', { baseUrl: 'http://own.test/p' }), settings);
    expect(await vgac.observe(CLUSTER)).toMatchObject({ queueDepth: 3 });
  });

  it('says what to set where neither the installation nor the cluster has an address', () => {
    const settingsWithout = { ...settings, baseUrl: '' };
    expect(() => connectVgac(config('v1', {}), settingsWithout)).toThrow(/set VGAC_API_BASE_URL, or vgac\.baseUrl/);
    expect(() => connectVgac(config('v1', { baseUrl: BASE }), settingsWithout)).not.toThrow();
  });

  it.each(['https://user:pa55@vgac.test', 'ftp://vgac.test', 'vgac'])('refuses the base URL %s unquoted', (baseUrl) => {
    try {
      connectVgac(config('v1', {}), { ...settings, baseUrl });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'VgacRefused' });
      expect(inspect(error)).not.toContain('pa55');
    }
  });
});
