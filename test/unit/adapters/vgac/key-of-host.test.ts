import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { vgacFor } from '../../../../functions/adapters/vgac/from-settings.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';

vi.mock('../../../../functions/adapters/aws/secrets.ts', async (original) => ({
  ...(await original<object>()),
  readSecret: async (name: string) => `value-of-${name}`,
}));

const OURS = 'https://vgac.example.com';
const env = { VGAC_API_BASE_URL: `${OURS}/api`, VGAC_TIMEOUT_SECONDS: 5, VGAC_API_KEY_NAME: 'installation' };
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** The host that a cluster's VGAC is called at, and the key it is shown. */
async function shown(vgac: object, installation = env): Promise<{ host: string; key: string | null } | undefined> {
  const calls: { host: string; key: string | null }[] = [];
  server.use(
    http.all('*', ({ request }) => {
      calls.push({ host: new URL(request.url).host, key: request.headers.get('authorization') });
      return HttpResponse.json({}, { status: 404 });
    }),
  );
  const config = ClusterConfig.parse({ clusterId: 'c1', platform: 'slurm', vgac });
  const connected = await vgacFor(config, installation);
  await connected?.observe('c1').catch(() => undefined);
  return calls[0];
}

describe('the key of the installation', () => {
  it.each<[string, object]>([
    ['where a cluster names no other', {}],
    ['at another path of the same host', { baseUrl: `${OURS}/clusters/c1` }],
    ['at the same host with its port written out', { baseUrl: 'https://vgac.example.com:443' }],
  ])('is sent to its own host: %s', async (_, vgac) => {
    expect(await shown(vgac)).toEqual({ host: 'vgac.example.com', key: 'Bearer value-of-installation' });
  });

  it.each<[string, object, string]>([
    ['another host', { baseUrl: 'https://collect.elsewhere.test' }, 'collect.elsewhere.test'],
    ['another port', { baseUrl: 'https://vgac.example.com:8443' }, 'vgac.example.com:8443'],
    ['the same host without TLS', { baseUrl: 'http://vgac.example.com' }, 'vgac.example.com'],
    ['a host that only begins alike', { baseUrl: 'https://vgac.example.com.test' }, 'vgac.example.com.test'],
    [
      'another host that asks for it by name',
      { baseUrl: 'https://collect.elsewhere.test', apiKeySecret: 'installation' },
      'collect.elsewhere.test',
    ],
  ])('is not sent to %s', async (_, vgac, host) => {
    expect(await shown(vgac)).toEqual({ host, key: null });
  });

  it('is sent nowhere where the installation has no VGAC', async () => {
    const none = { ...env, VGAC_API_BASE_URL: '' };
    expect(await shown({ baseUrl: OURS }, none)).toEqual({ host: 'vgac.example.com', key: null });
  });
});

it('a key of one cluster is sent to the host that the cluster names', async () => {
  const vgac = { baseUrl: 'https://vgac-batch.example.com', apiKeySecret: 'of-batch' };
  expect(await shown(vgac)).toEqual({ host: 'vgac-batch.example.com', key: 'Bearer value-of-of-batch' });
});
