import { type Dashboard, toGrafanaDashboard } from './dashboard.ts';
import { ARCHIVE } from './dashboards/archive.ts';
import { FEED } from './dashboards/feed.ts';
import { FLEET } from './dashboards/fleet.ts';
import { GATEWAY } from './dashboards/gateway.ts';
import { REDIS } from './dashboards/redis.ts';
import { ROOMS } from './dashboards/rooms.ts';

export { rateIntervalOf, type Spans } from './preview/choose-everything.ts';
export { formatLegend } from './preview/format-legend.ts';
export type { GrafanaDashboard } from './preview/grafana-dashboard.ts';
export { alignCurves, type Curve, type DashboardPicture, isEmpty, type PanelPicture } from './preview/picture.ts';
export { type AskedPanel, type PanelQuery, readPanels, readRows } from './preview/read-panels.ts';
export { renderPage } from './preview/render-page.ts';

/** One for each of those who look at them. */
export const DASHBOARDS: readonly Dashboard[] = [FLEET, GATEWAY, ROOMS, FEED, REDIS, ARCHIVE];

/** Where its file is, seen from the root. */
export function fileOf({ name }: Dashboard): string {
  return `deploy/observability/dashboards/${name}.json`;
}

export function toJson(dashboard: Dashboard): string {
  return `${JSON.stringify(toGrafanaDashboard(dashboard), undefined, 2)}\n`;
}
