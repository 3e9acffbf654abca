import { readdirSync, readFileSync } from 'node:fs';

import type { GrafanaDashboard } from '@outcry/observability';

const FOLDER = new URL('../../../deploy/observability/dashboards/', import.meta.url);

export interface DashboardFile {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly dashboard: GrafanaDashboard;
}

/** The dashboards as Grafana gets them. */
export function readDashboardFiles(): readonly DashboardFile[] {
  return readdirSync(FOLDER).map((file) => ({
    name: file.replace(/\.json$/, ''),
    dashboard: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as GrafanaDashboard,
  }));
}
