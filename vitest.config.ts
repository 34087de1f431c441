import { defineConfig } from 'vitest/config';

/** A suffix says what a test needs; its folder mirrors that of its source. */
const SYSTEM = 'test/**/*.system.test.ts';
const BROWSER = 'test/**/*.browser.test.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: 'threads',
    // Left to itself it keeps one core free, which is half of a small machine.
    maxWorkers: '100%',
    env: {
      // Whatever escapes a fixture ends at a closed local port, never at an account.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
      POWERTOOLS_METRICS_NAMESPACE: 'test',
      POWERTOOLS_SERVICE_NAME: 'test',
    },
    projects: [
      // The fast loop: under a minute on two cores.
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [SYSTEM, BROWSER] } },
      // Whole systems, commands as processes, long histories.
      { extends: true, test: { name: 'system', include: [SYSTEM] } },
      { extends: true, test: { name: 'browser', include: [BROWSER] } },
    ],
  },
});
