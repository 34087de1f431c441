import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { published, toJsonSchemaText } from '../../schemas/published.ts';
import { type JsonOption, print, withJson } from './result.ts';

const FOLDER = 'schemas/json';

export function define(command: Command): void {
  withJson(command)
    .addHelpText(
      'after',
      '\nThey describe everything that crosses a boundary; collectors validate what they send by them.',
    )
    .action((options: JsonOption) => {
      const folder = fileURLToPath(new URL(`../../${FOLDER}/`, import.meta.url));
      mkdirSync(folder, { recursive: true });
      const names = Object.entries(published).map(([name, schema]) => {
        writeFileSync(`${folder}${name}.schema.json`, toJsonSchemaText(name, schema));
        return name;
      });
      print({ text: `${names.length} JSON Schemas written to ${FOLDER}`, json: { folder: FOLDER, names } }, options);
    });
}
