import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../infra/embedded/clock/clock.ts';
import { createEngine } from '../../../../infra/embedded/engine/engine.ts';
import { UnsupportedDefinition } from '../../../../infra/embedded/engine/errors.ts';
import { comparable, ourEvents, recordedEvents, recordedLambdas, recordings, recordingsExist } from './conformance.ts';

/** Definitions we refuse, by what they need. Whoever supports one of these takes its line out. */
const UNSUPPORTED: Record<string, string> = {
  test_cross_account_lambda_task: 'LambdaTask.Credentials',
  'test_base_map[TOLERATED_FAILURE_PERCENTAGE]': 'Start.ToleratedFailurePercentage',
  'test_base_map_from_input[TOLERATED_FAILURE_COUNT]': 'Start.ToleratedFailureCount',
  test_map_item_reader_base_json_max_items_jsonata: 'MapState.ItemProcessor.ProcessorConfig.Mode',
  test_map_item_batching_base_json_max_per_batch_jsonata: 'BatchMapState.ItemProcessor.ProcessorConfig.Mode',
};

const MACHINE = 'arn:aws:states:us-east-1:111111111111:stateMachine:Recorded';
describe('what AWS recorded', () => {
  it.runIf(recordingsExist)(
    'is there to compare with (skipped: no ../shared/data/conformance beside this folder)',
    () => {
      expect(recordings().length).toBeGreaterThan(0);
    },
  );

  it.each(recordings().map((recording) => ({ ...recording, title: recording.id.replace(/^.*?::.*?::/, '') })))(
    '$title',
    async (recording) => {
      const clock = manualClock(Date.parse('2026-01-01T00:00:00Z'));
      const integrations = recordedLambdas(recording.lambdas);
      const engine = createEngine({ clock, random: () => 0.5, newId: () => 'run', integrations });
      const register = () => engine.register({ arn: MACHINE, name: 'Recorded', definition: recording.definition });
      const refused = UNSUPPORTED[recording.title];
      if (refused !== undefined) {
        expect(register).toThrow(UnsupportedDefinition);
        expect(register).toThrow(`${refused}: `);
        return;
      }
      register();
      const { executionArn } = engine.start({ stateMachineArn: MACHINE, input: recording.input });
      await clock.advance(3_600_000);

      const { status, output = null, error = null, cause = null } = engine.describe(executionArn);
      const { events, ...expected } = recording.expected;
      expect(comparable({ status, output, error, cause })).toEqual(comparable(expected));
      expect(ourEvents(recording, engine.history(executionArn) ?? [])).toEqual(recordedEvents(recording));
      expect(events.length).toBeGreaterThan(0);
    },
  );
});
