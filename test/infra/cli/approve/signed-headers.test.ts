import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../../../infra/cli/approve/signed-headers.ts';
import { authenticate } from '../../../../infra/runtime/wire/signature.ts';

const credentials = { accessKeyId: 'AKIA0123456789ABCDEF', secretAccessKey: 'secret' };
const url = new URL('https://a1b2c3.execute-api.eu-central-1.amazonaws.com/approvals/answer');
const now = new Date('2026-11-20T08:00:00.123Z');

describe('a request to an API behind IAM', () => {
  const check = (headers: Record<string, string>, body: string) =>
    authenticate(
      { method: 'POST', url: url.pathname, headers },
      () => ({ credentials }),
      async () => Buffer.from(body),
    );

  it('is signed over its body and its token, for the region in the name of the API', async () => {
    const headers = await signedHeaders(url, '{"a":1}', { ...credentials, sessionToken: 'session' }, now);
    expect(headers.authorization).toContain('/20261120/eu-central-1/execute-api/aws4_request');
    expect(headers.authorization).toMatch(/SignedHeaders=content-type;host;[^ ]*x-amz-date;x-amz-security-token/);
    expect((await check(headers, '{"a":1}')).caller).toEqual({ credentials });
    await expect(check(headers, '{"a":2}')).rejects.toThrow(/does not match/);
    await expect(check({ ...headers, 'x-amz-security-token': 'other' }, '{"a":1}')).rejects.toThrow(/does not match/);
  });

  it.each([
    'http://a1b2c3.execute-api.eu-central-1.amazonaws.com/x',
    'https://a1b2c3.execute-api.eu-central-1.amazonaws.com.evil.example/x',
    'https://vgac.example.com/x',
    'https://a1b2c3.execute-api.eu-central-1.amazonaws.com/x?y',
  ])('is not signed for %s', async (other) => {
    await expect(signedHeaders(new URL(other), '', credentials, now)).rejects.toThrow('use the output ApprovalsUrl');
  });
});
