import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { IncompleteStage, readConfig, type SystemConfig } from './config.ts';
import { bundle } from './constructs/bundle.ts';
import { fileStem } from './constructs/stem.ts';
import { forEachHandler, HANDLERS, type HandlerName } from './handlers.ts';
import { SYSTEM } from './names.ts';
import { StatefulStack } from './stateful-stack.ts';
import { StatelessStack } from './stateless-stack.ts';

const FUNCTIONS = fileURLToPath(new URL('../../functions/', import.meta.url));

/** Source file of each handler: its folder and its stem. */
export const HANDLER_FILES = forEachHandler((name) => join(FUNCTIONS, HANDLERS[name].folder, `${fileStem(name)}.ts`));

/**
 * CDK settings that change templates. They are here so that `cdk synth` and plain `node infra/aws/app.ts` write the
 * same.
 */
const CDK_SETTINGS = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-events:requireEventBusPolicySid': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:target-partitions': ['aws'],
  // Fails at synthesis on what CloudFormation would refuse.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  // Exports and imports: a table that functions use cannot be removed.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  // The one-machine runtime finds a function's code and name by these.
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:enable-path-metadata': true,
};

/** An empty app, whose context can be read for the configuration. */
export function newApp(outdir: string): App {
  return new App({ outdir, context: CDK_SETTINGS, analyticsReporting: false, treeMetadata: false });
}

/** Adds both stacks and the cdk-nag checks to the app. `code` returns the code of each handler. */
export function assemble(app: App, config: SystemConfig, code: (handler: HandlerName) => Code) {
  const common = { config, ...(config.env && { env: config.env }) };
  const name = `${SYSTEM}-${config.stage}`;
  const stateful = new StatefulStack(app, `${name}-stateful`, {
    ...common,
    description: 'VGAC agents: everything that must survive a redeployment.',
  });
  const stateless = new StatelessStack(app, `${name}-stateless`, {
    ...common,
    stateful,
    code,
    description: 'VGAC agents: everything that can be rebuilt.',
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { stateful, stateless };
}

/** Reads the settings, bundles the handlers and writes the assembly into `outdir`. */
function synthesize(outdir: string): void {
  const app = newApp(outdir);
  const config = readConfig((name) => app.node.tryGetContext(name), process.env);
  // It takes longer than everything else together, and nothing is deployed from this stage.
  if (config.stage === 'local') process.env.CDK_VALIDATION ??= 'false';
  const directory = bundle({ entries: HANDLER_FILES, embedded: config.stage === 'local' });
  try {
    assemble(app, config, (handler) => Code.fromAsset(join(directory, handler)));
    app.synth();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  try {
    synthesize(process.env.CDK_OUTDIR ?? 'cdk.out');
  } catch (error) {
    // The message says it all; a stack trace would only bury it.
    if (!(error instanceof IncompleteStage)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
