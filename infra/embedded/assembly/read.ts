import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string(), file: z.string(), stackName: z.string() }).partial().optional(),
    }),
  ),
});

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
export type Resource = z.infer<typeof Resource>;

const Template = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Resources: z.record(z.string(), Resource).default({}),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
});

const AssetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export interface Stack {
  readonly name: string;
  readonly parameters: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: readonly { readonly value: unknown; readonly exportName: unknown }[];
}

export interface RawAssembly {
  readonly stacks: readonly Stack[];
  /** S3 object key of an asset -> the file or folder it is made of. */
  readonly assets: ReadonlyMap<string, string>;
}

/**
 * Reads what `cdk synth` wrote: the manifest, one template per stack, and where the assets are.
 * @throws UnsupportedAssembly when there is no assembly, or it holds artifacts of an unknown kind
 */
export function readAssembly(directory: string): RawAssembly {
  const manifestFile = join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) throw new UnsupportedAssembly([`${manifestFile} is missing: synthesize first`]);
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(Manifest.parse(readJson(manifestFile)).artifacts)) {
    const properties = artifact.properties ?? {};
    if (artifact.type === 'aws:cloudformation:stack' && properties.templateFile !== undefined) {
      const template = Template.parse(readJson(join(directory, properties.templateFile)));
      stacks.push({
        name: properties.stackName ?? id,
        parameters: template.Parameters,
        resources: template.Resources,
        outputs: Object.values(template.Outputs).flatMap(({ Value, Export }) =>
          Export === undefined ? [] : [{ value: Value, exportName: Export.Name }],
        ),
      });
    } else if (artifact.type === 'cdk:asset-manifest' && properties.file !== undefined) {
      for (const { source, destinations } of Object.values(
        AssetManifest.parse(readJson(join(directory, properties.file))).files,
      )) {
        if (source.path === undefined) continue;
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(directory, source.path));
      }
    } else if (artifact.type !== 'cdk:tree' && artifact.type !== 'cdk:feature-flag-report') {
      throw new UnsupportedAssembly([`artifact ${id} is of type ${artifact.type}`]);
    }
  }
  return { stacks, assets };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
