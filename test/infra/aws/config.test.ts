import { describe, expect, it } from 'vitest';
import { IncompleteStage, readConfig } from '../../../infra/aws/config.ts';

const COMPLETE = {
  STAGE: 'prod',
  DEPLOY_ACCOUNT: '123456789012',
  DEPLOY_REGION: 'eu-central-1',
  COLLECTOR_PRINCIPALS: 'arn:aws:iam::123456789012:role/a, slurm-1=arn:aws:iam::210987654321:role/path/b',
  ALARM_EMAIL: 'gpu-oncall@example.com',
  SLACK_DEFAULT_CHANNEL: '#gpu-alerts',
  VGAC_API_BASE_URL: 'https://vgac.example.com',
};
const from = (environment: Record<string, string>, context: Record<string, unknown> = {}) =>
  readConfig((name) => context[name], environment);

describe('readConfig', () => {
  it('builds the local stage with nothing set', () => {
    expect(from({})).toEqual({
      stage: 'local',
      collectorPrincipals: [],
      slack: {
        channel: '#gpu-alerts',
        baseUrl: 'https://slack.com/api',
        webhookFallback: false,
        teamId: '',
        appId: '',
      },
      vgac: { baseUrl: 'http://localhost:4580/vgac', timeoutSeconds: 10, apiKey: false },
      newClustersPerDay: 20,
      explanations: { modelId: '', perDay: 200 },
    });
  });

  it('reads a complete stage', () => {
    expect(from({ ...COMPLETE, VGAC_API_KEY_SECRET: 'yes', VGAC_TIMEOUT_SECONDS: '2.5' })).toEqual({
      stage: 'prod',
      env: { account: '123456789012', region: 'eu-central-1' },
      collectorPrincipals: [
        { arn: 'arn:aws:iam::123456789012:role/a' },
        { arn: 'arn:aws:iam::210987654321:role/path/b', name: 'slurm-1' },
      ],
      alarmEmail: 'gpu-oncall@example.com',
      slack: {
        channel: '#gpu-alerts',
        baseUrl: 'https://slack.com/api',
        webhookFallback: false,
        teamId: '',
        appId: '',
      },
      vgac: { baseUrl: 'https://vgac.example.com', timeoutSeconds: 2.5, apiKey: true },
      newClustersPerDay: 20,
      explanations: { modelId: '', perDay: 200 },
    });
  });

  it('prefers the cdk context over the environment', () => {
    const { stage, env } = from(COMPLETE, { stage: 'dev', DEPLOY_REGION: 'us-east-1' });
    expect([stage, env?.region]).toEqual(['dev', 'us-east-1']);
  });

  it('needs no VGAC, for every cluster may have its own or none', () => {
    expect(from({ ...COMPLETE, VGAC_API_BASE_URL: '' }).vgac.baseUrl).toBe('');
  });

  const REQUIRED = Object.keys(COMPLETE).filter((name) => name !== 'STAGE' && name !== 'VGAC_API_BASE_URL');
  it.each(REQUIRED)('says how to set %s when it is missing', (name) => {
    const { [name as keyof typeof COMPLETE]: _, ...incomplete } = COMPLETE;
    const sentence = new RegExp(`Stage prod .*${name} is not set: it is .*; set ${name}=.* -c ${name}=`, 's');
    expect(() => from(incomplete)).toThrow(IncompleteStage);
    expect(() => from(incomplete)).toThrow(sentence);
    expect(() => from({ ...incomplete, [name]: '' })).toThrow(sentence);
  });

  it('reports all faults at once', () => {
    const message = /(DEPLOY_ACCOUNT.*DEPLOY_REGION.*COLLECTOR.*ALARM_EMAIL.*SLACK_DEFAULT)/s;
    expect(() => from({ STAGE: 'dev' })).toThrow(message);
  });

  it.each([
    ['DEPLOY_ACCOUNT', '12345678901'],
    ['DEPLOY_REGION', 'Frankfurt'],
    ['COLLECTOR_PRINCIPALS', '*'],
    ['COLLECTOR_PRINCIPALS', '=arn:aws:iam::123456789012:role/a'],
    ['COLLECTOR_PRINCIPALS', 'Slurm.1=arn:aws:iam::123456789012:role/a'],
    ['COLLECTOR_PRINCIPALS', 'arn:aws:iam::123456789012:role/a,b=arn:aws:iam::123456789012:role/a'],
    ['COLLECTOR_PRINCIPALS', 'arn:aws:iam::123456789012:root'],
    ['COLLECTOR_PRINCIPALS', 'arn:aws:iam::123456789012:role/*'],
    ['COLLECTOR_PRINCIPALS', 'arn:aws:iam::123456789012:role/a,'],
    ['ALARM_EMAIL', 'oncall'],
    ['SLACK_DEFAULT_CHANNEL', 'gpu alerts'],
    ['VGAC_API_BASE_URL', 'vgac.example.com'],
    ['VGAC_API_BASE_URL', 'file:///etc/passwd'],
    ['VGAC_TIMEOUT_SECONDS', 'soon'],
    ['VGAC_TIMEOUT_SECONDS', '21'],
    ['VGAC_API_KEY_SECRET', 'true'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => from({ ...COMPLETE, [name]: value })).toThrow(new RegExp(`${name} (?!is not set).+: it is`));
  });

  it('refuses a stage that does not exist, and lists those that do', () => {
    expect(() => from({ STAGE: 'production' })).toThrow('choose -c stage=local|dev|prod');
  });
});
