import { type GridPosition, type Panel, toGrafanaPanel } from './panel.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Of its file, and of its address in Grafana. */
  readonly name: string;
  readonly title: string;
  /** Whom it is for, and what it answers. */
  readonly description: string;
  readonly rows: readonly Row[];
}

const WIDTH = 24;
const STAT = { w: 4, h: 4 };
const CURVES = { w: 8, h: 8 };
/** The version of Grafana 11's model. */
const SCHEMA_VERSION = 39;
const TAG = 'outcry';

/** A dashboard as Grafana 11 reads it. */
export function toGrafanaDashboard({ name, title, description, rows }: Dashboard) {
  return {
    uid: `outcry-${name}`,
    title: `outcry: ${title}`,
    description,
    tags: [TAG],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [ALERTS] },
    links: [{ type: 'dashboards', tags: [TAG], title: 'outcry', asDropdown: true, keepTime: true, includeVars: true }],
    templating: { list: VARIABLES },
    panels: layOut(rows),
  };
}

/** Alerts that fire are drawn into every picture. */
const ALERTS = {
  name: 'alerts',
  datasource: { type: 'prometheus', uid: '${datasource}' },
  enable: true,
  iconColor: 'red',
  expr: 'ALERTS{alertname=~"Outcry.+", alertstate="firing"}',
  titleFormat: '{{alertname}}',
  textFormat: '{{instance}} {{shard}} {{symbol}} {{hook}}',
};

const VARIABLES = [
  { name: 'datasource', label: 'data', type: 'datasource', query: 'prometheus' },
  variable('job', 'label_values(up{job=~"outcry-.+"}, job)', 'outcry-.+'),
  variable('instance', 'label_values(up{job=~"$job"}, instance)'),
  variable('encoding', 'label_values(outcry_gateway_connections, encoding)'),
];

/** `all` is what all of them match, and nothing of anybody else. */
function variable(name: string, query: string, all = '.+') {
  return {
    name,
    label: name,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    query: { query, refId: name },
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: all,
    current: { text: 'All', value: '$__all' },
  };
}

/** From left to right, and further down where a line is full. */
function layOut(rows: readonly Row[]): readonly object[] {
  const laid: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    laid.push({
      id: laid.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
    });
    y += 1;
    const { positions, height } = place(panels, y);
    for (const [index, gridPos] of positions.entries()) {
      const panel = panels[index];
      if (panel !== undefined) laid.push(toGrafanaPanel(panel, { id: laid.length + 1, gridPos }));
    }
    y += height;
  }
  return laid;
}

function place(panels: readonly Panel[], top: number): { positions: readonly GridPosition[]; height: number } {
  let [x, y, lineHeight] = [0, top, 0];
  const positions = panels.map(({ kind }) => {
    const size = kind === 'stat' ? STAT : CURVES;
    if (x + size.w > WIDTH) [x, y, lineHeight] = [0, y + lineHeight, 0];
    const position = { x, y, ...size };
    x += size.w;
    lineHeight = Math.max(lineHeight, size.h);
    return position;
  });
  return { positions, height: y + lineHeight - top };
}
