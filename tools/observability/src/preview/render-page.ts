import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { build } from 'rolldown';

import type { DashboardPicture } from './picture.ts';

const require = createRequire(import.meta.url);

/** A page that draws one dashboard, and asks nothing of any server. */
export async function renderPage(picture: DashboardPicture): Promise<string> {
  const [plotStyle, style, script] = await Promise.all([
    readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    readFile(partOfPage('preview.css'), 'utf8'),
    bundle(),
  ]);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>preview</title>
<style>${plotStyle}${style}</style>
<body>
<script type="application/json" id="picture">${JSON.stringify(picture).replaceAll('<', String.raw`\u003c`)}</script>
<script>${script.replaceAll('</script', String.raw`<\/script`)}</script>
</body>
</html>
`;
}

async function bundle(): Promise<string> {
  const { output } = await build({
    input: partOfPage('main.ts'),
    platform: 'browser',
    write: false,
    output: { format: 'iife' },
  });
  return output[0].code;
}

function partOfPage(name: string): string {
  return fileURLToPath(new URL(`page/${name}`, import.meta.url));
}
