import { expect, it } from 'vitest';
import { createCalls } from '../../../../infra/runtime/access/calls.ts';

it('answers a call that meets a full disk with a 503 that AWS clients repeat, in a sentence', async () => {
  const failing = (error: Error) =>
    createCalls(
      { Full: { name: 'full', operations: { Put: () => Promise.reject(error) } } },
      { authorize: () => undefined, report: () => undefined, refuseNew: () => undefined },
    )(null, 'Full.Put', '{}');
  const full = await failing(Object.assign(new Error('write'), { code: 'ENOSPC' }));
  expect(full.status).toBe(503);
  expect(JSON.parse(full.text)).toEqual({
    __type: 'ServiceUnavailable',
    message: 'There is no space left on the disk: try again once there is.',
  });
  expect((await failing(new Error('a fault of ours'))).status).toBe(500);
});
