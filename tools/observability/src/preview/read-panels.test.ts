import { describe, expect, it } from 'vitest';

import type { GrafanaDashboard, GrafanaPanel } from './grafana-dashboard.ts';
import { readPanels, readRows } from './read-panels.ts';

const SPANS = { rateInterval: '4s', range: '120s' };
const gridPos = { x: 0, y: 1, w: 8, h: 8 };
const PANEL: GrafanaPanel = {
  ...{ type: 'timeseries', title: 'Rows', description: 'Red: look.', gridPos },
  targets: [
    { expr: 'sum(rate(rows{job=~"$job"}[$__rate_interval]))', legendFormat: '{{instance}}' },
    { expr: 'sum(increase(rows[$__range]))', legendFormat: 'all', instant: true },
  ],
  fieldConfig: {
    defaults: {
      unit: 'ops',
      min: 0,
      custom: { axisSoftMax: 5 },
      thresholds: { steps: [{ color: 'green', value: null }] },
    },
  },
};

function aDashboard(...panels: readonly GrafanaPanel[]): GrafanaDashboard {
  return {
    ...{ title: 'archive', description: 'What waits.', panels },
    templating: { list: [{ name: 'job', allValue: 'outcry-.+' }] },
  };
}

describe('readPanels', () => {
  it('has what is asked, with everything chosen, and how it is drawn', () => {
    expect(readPanels(aDashboard(PANEL), SPANS)).toEqual([
      {
        ...{ title: 'Rows', description: 'Red: look.', kind: 'timeseries', position: gridPos, unit: 'ops', min: 0 },
        ...{ steps: [{ color: 'green', value: null }], fixedColour: undefined, softMax: 5 },
        queries: [
          { expr: 'sum(rate(rows{job=~"outcry-.+"}[4s]))', legend: '{{instance}}', isInstant: false },
          { expr: 'sum(increase(rows[120s]))', legend: 'all', isInstant: true },
        ],
      },
    ]);
  });

  it('has a fixed colour only where the mode says so', () => {
    const withColour = (mode: string): GrafanaPanel => ({
      ...PANEL,
      fieldConfig: { defaults: { unit: 'ops', color: { mode, fixedColor: 'blue' } } },
    });
    const colours = readPanels(aDashboard(withColour('fixed'), withColour('palette-classic')), SPANS);
    expect(colours.map(({ fixedColour }) => fixedColour)).toEqual(['blue', undefined]);
  });

  it('refuses what it cannot draw', () => {
    expect(() => readPanels(aDashboard({ ...PANEL, type: 'heatmap' }), SPANS)).toThrow(
      'Rows: no panel of type heatmap',
    );
    const odd = { ...PANEL, fieldConfig: { defaults: { unit: 'lightyear' } } };
    expect(() => readPanels(aDashboard(odd), SPANS)).toThrow('Rows: nothing is known of the unit lightyear');
  });

  it('leaves rows to readRows', () => {
    const row = { type: 'row', title: 'What waits', gridPos: { x: 0, y: 0, w: 24, h: 1 } };
    expect(readPanels(aDashboard(row, PANEL), SPANS)).toHaveLength(1);
    expect(readRows(aDashboard(row, PANEL))).toEqual([{ title: 'What waits', position: row.gridPos }]);
  });
});
