import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { slackSignature } from '../../../../functions/adapters/slack/signature.ts';
import { ANNA } from './builders.ts';

export const SIGNING = 'signing-secret-value';

/** A click as API Gateway hands it over. */
export function signedClick(
  approvalId: string,
  {
    by = ANNA,
    action = 'approve',
    base64 = false,
    secret = SIGNING,
    seconds = Math.floor(Date.now() / 1000),
    payload = '',
    headers = {} as Record<string, string>,
    origin = {} as Record<string, unknown>,
  } = {},
): APIGatewayProxyEventV2 {
  const click = {
    type: 'block_actions',
    user: { id: by },
    response_url: 'https://hooks.slack.com/actions/1',
    actions: [{ action_id: action, value: approvalId }],
    ...origin,
  };
  const body = payload || new URLSearchParams({ payload: JSON.stringify(click) }).toString();
  const stage = {
    http: { method: 'POST', path: '/slack/interactions', protocol: 'HTTP/1.1', sourceIp: '::1', userAgent: '' },
  };
  return {
    version: '2.0',
    routeKey: 'POST /slack/interactions',
    rawPath: '/slack/interactions',
    rawQueryString: '',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Slack-Request-Timestamp': String(seconds),
      'X-Slack-Signature': slackSignature(secret, String(seconds), Buffer.from(body)),
      ...headers,
    },
    requestContext: {
      ...{ accountId: '1', apiId: 'a', domainName: 'd', domainPrefix: 'p', requestId: 'r' },
      ...{ routeKey: '$default', stage: '$default', time: '', timeEpoch: 0, ...stage },
    },
    body: base64 ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded: base64,
  };
}
