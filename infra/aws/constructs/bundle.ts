import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { ownLines } from './own-lines.ts';

interface BundleProps {
  /** Function name -> its source file. */
  entries: Readonly<Record<string, string>>;
  /** True only for the build that runs on one machine: `task()` then takes the time from the invocation. */
  embedded: boolean;
}

/** CommonJS packages inside an ES module call `require`; the unusual name avoids clashes with theirs. */
const REQUIRE_BANNER =
  "import{createRequire as bannerRequire}from'node:module';const require=bannerRequire(import.meta.url);";

/** How every handler is built. Nothing is external: the SDK that was tested is the one in the asset. */
export function bundleOptions({ entries, embedded }: BundleProps) {
  return {
    entryPoints: Object.entries(entries).map(([name, file]) => ({ in: file, out: join(name, 'index') })),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    define: { EMBEDDED_BUILD: String(embedded) },
    legalComments: 'none',
    logLevel: 'error',
  } as const satisfies BuildOptions;
}

/**
 * Bundles all handlers in one esbuild pass, because starting esbuild once per function would take most of the time.
 *
 * @returns a new directory in the system's temporary folder with one directory per function, each with `index.mjs` and its source map;
 * CDK copies them into the assembly, and the caller may then remove it
 * @throws esbuild's BuildFailure when a handler does not build
 */
export function bundle(props: BundleProps): string {
  const outdir = mkdtempSync(join(tmpdir(), 'vgac-agentic-bundle-'));
  buildSync({ ...bundleOptions(props), outdir });
  for (const name of Object.keys(props.entries)) {
    const file = join(outdir, name, 'index.mjs.map');
    writeFileSync(file, ownLines(readFileSync(file, 'utf8'), join(outdir, name)));
  }
  return outdir;
}
