import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { build } from 'rolldown';

import type { DashboardPicture } from './picture.ts';

const require = createRequire(import.meta.url);

/** Of each of red, green and blue: half the bytes of a picture of lines are the thousands of colours at their edges. */
const SHADES = Array.from({ length: 32 }, (_, index) => (index / 31).toFixed(3)).join(' ');
const FEW_COLOURS = `<svg width="0" height="0" style="position: absolute">
<filter id="few-colours" color-interpolation-filters="sRGB"><feComponentTransfer>
${['R', 'G', 'B'].map((part) => `<feFunc${part} type="discrete" tableValues="${SHADES}"/>`).join('\n')}
</feComponentTransfer></filter>
</svg>`;

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
${FEW_COLOURS}
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
