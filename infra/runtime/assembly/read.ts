import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { refuse } from './unsupported-assembly.ts';

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.discriminatedUnion('type', [
      z.object({
        type: z.literal('aws:cloudformation:stack'),
        properties: z.object({ templateFile: z.string(), stackName: z.string().optional() }),
      }),
      z.object({ type: z.literal('cdk:asset-manifest'), properties: z.object({ file: z.string() }) }),
      z.object({ type: z.enum(['cdk:tree', 'cdk:feature-flag-report']) }),
    ]),
  ),
});
const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
const Output = z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() });
const Template = z.object({
  Resources: z.record(z.string(), Resource).default({}),
  Outputs: z.record(z.string(), Output).default({}),
});
const Asset = z.object({
  source: z.object({ path: z.string().default('') }),
  destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
});
const AssetManifest = z.object({ files: z.record(z.string(), Asset).default({}) });

export type Stack = z.infer<typeof Template> & { readonly name: string };

/**
 * Reads what `cdk synth` wrote: one template per stack, and the file or folder of each asset by its S3 object key.
 * @throws UnsupportedAssembly when there is no assembly; ZodError when it contains artifacts of an unknown kind
 */
export function readAssembly(directory: string) {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(directory, file), 'utf8'));
  if (!existsSync(join(directory, 'manifest.json')))
    refuse(`${directory} contains no manifest.json: run cdk synth first`);
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(Manifest.parse(read('manifest.json')).artifacts)) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const { templateFile, stackName: name = id } = artifact.properties;
      stacks.push({ name, ...Template.parse(read(templateFile)) });
    } else if (artifact.type === 'cdk:asset-manifest') {
      for (const { source, destinations } of Object.values(AssetManifest.parse(read(artifact.properties.file)).files)) {
        const path = join(directory, source.path);
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path);
      }
    }
  }
  return { stacks, assets };
}
