import { readFileSync, readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { DASHBOARDS, fileOf, toJson } from './index.ts';

const ROOT = new URL('../../../', import.meta.url);
const OPERATIONS = readFileSync(new URL('docs/OPERATIONS.md', ROOT), 'utf8');

describe('the dashboards', () => {
  it('are the files that Grafana reads: npm run docs writes them anew', () => {
    const names = readdirSync(new URL('deploy/observability/dashboards/', ROOT)).sort();
    expect(names).toEqual(DASHBOARDS.map(({ name }) => `${name}.json`).sort());
    for (const dashboard of DASHBOARDS) {
      expect(readFileSync(new URL(fileOf(dashboard), ROOT), 'utf8') === toJson(dashboard), dashboard.name).toBe(true);
    }
  });

  it('say in each panel what to do, and name runbooks that there are', () => {
    for (const { name, rows } of DASHBOARDS) {
      for (const { title, whenRed } of rows.flatMap(({ panels }) => panels)) {
        expect(whenRed, `${name}: ${title}`).toMatch(/^\S.{10,}[.?]$/);
        for (const [alert] of whenRed.matchAll(/Outcry[A-Z]\w+/g)) expect(OPERATIONS).toContain(`\n### ${alert}\n`);
      }
    }
  });

  it('have panels of different names, side by side on a grid of 24 columns', () => {
    for (const dashboard of DASHBOARDS) {
      const { panels, uid } = JSON.parse(toJson(dashboard)) as {
        uid: string;
        panels: readonly { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
      };
      expect(uid.length).toBeLessThanOrEqual(40);
      expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w).toBeLessThanOrEqual(24);
        return Array.from({ length: w * h }, (_, i) => `${String(x + (i % w))} ${String(y + Math.floor(i / w))}`);
      });
      expect(new Set(cells).size).toBe(cells.length);
    }
  });
});
