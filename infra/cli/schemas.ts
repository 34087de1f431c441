/** `npm run schemas`: writes the JSON Schema of everything that crosses a boundary, for collectors to validate against. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { published, toJsonSchemaText } from '../../schemas/published.ts';

const directory = fileURLToPath(new URL('../../schemas/json/', import.meta.url));
mkdirSync(directory, { recursive: true });
for (const [name, schema] of Object.entries(published)) {
  writeFileSync(`${directory}${name}.schema.json`, toJsonSchemaText(name, schema));
}
console.log(`${Object.keys(published).length} JSON Schemas written to schemas/json`);
