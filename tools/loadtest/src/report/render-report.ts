import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { html, Html } from './html.ts';
import { renderOverview } from './render-overview.ts';
import { renderScenario } from './render-scenario.ts';
import type { RunResult } from '../result/run-result.ts';

const require = createRequire(import.meta.url);

/** The report: one HTML file that asks nothing of any server, with its charts drawn by uPlot where it is opened. */
export async function renderReport(result: RunResult): Promise<string> {
  const [style, charts, plotStyle, plot, mark] = await Promise.all([
    readPart('report.css'),
    readPart('charts.js'),
    readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    readFile(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    readPart('mark.svg'),
  ]);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title(result)}</title>
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(mark)}" />
        <style>
          ${new Html(plotStyle)}
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${renderOverview(result, new Html(mark))}
        <main>${result.scenarios.map(renderScenario)}</main>
        <script type="application/json" id="result">
          ${new Html(scriptSafe(result))}
        </script>
        <script>
          ${new Html(plot)};
        </script>
        <script>
          ${new Html(charts)};
        </script>
      </body>
    </html> `.text;
}

function readPart(name: string): Promise<string> {
  return readFile(require.resolve(`#page/${name}`), 'utf8');
}

function title({ hasPassed, scenarios }: RunResult): string {
  return `${hasPassed ? 'Passed' : 'Failed'}: ${scenarios.map(({ plan }) => plan.scenario).join(', ')} – outcry load test`;
}

/** JSON that cannot end the script element it stands in. */
function scriptSafe(result: RunResult): string {
  return JSON.stringify(result).replaceAll('<', '\\u003c');
}
