import { type Panel, toGrafanaPanel } from './panel.ts';
import { placePanels } from './place-panels.ts';

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

/** A title above the panels of each row. */
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
    const { places, height } = placePanels(panels, y + 1);
    for (const [panel, gridPos] of places) laid.push(toGrafanaPanel(panel, { id: laid.length + 1, gridPos }));
    y += 1 + height;
  }
  return laid;
}
