import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface Page {
  script: string;
  style: string;
}

/** Bundles the console's page from source: no build step to forget, no CDN to trust. Takes about 100 ms. */
export async function bundlePage(): Promise<Page> {
  const page = fileURLToPath(new URL('./page', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [`${page}/main.tsx`, `${page}/style.css`],
    outdir: page,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
  const text = (extension: string) => outputFiles.find((file) => file.path.endsWith(extension))?.text ?? '';
  return { script: text('.js'), style: text('.css') };
}
