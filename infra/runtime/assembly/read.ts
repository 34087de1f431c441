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
 * @throws UnsupportedAssembly when there is none, when a file of it is missing or cut, or when it holds artifacts of an unknown kind
 */
export function readAssembly(directory: string) {
  const read = <T>(file: string, schema: z.ZodType<T>): T => readJson(join(directory, file), schema);
  if (!existsSync(join(directory, 'manifest.json')))
    refuse(`${directory} contains no manifest.json: run cdk synth first`);
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(read('manifest.json', Manifest).artifacts)) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const { templateFile, stackName: name = id } = artifact.properties;
      stacks.push({ name, ...read(templateFile, Template) });
    } else if (artifact.type === 'cdk:asset-manifest') {
      for (const { source, destinations } of Object.values(read(artifact.properties.file, AssetManifest).files)) {
        const path = join(directory, source.path);
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path);
      }
    }
  }
  return { stacks, assets };
}

function readJson<T>(file: string, schema: z.ZodType<T>): T {
  const bad = (what: string) => refuse(`${file} ${what}: synthesize the assembly again`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return bad('is missing');
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return bad('is not JSON, it may have been cut');
  }
  const parsed = schema.safeParse(found);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ').slice(0, 300);
  return bad(`is no file of an assembly that runs here (${why})`);
}
