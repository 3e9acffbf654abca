import type { GridPosition, Unit } from '../panel.ts';
import { chooseEverything, type Spans } from './choose-everything.ts';
import { isUnit } from './format-value.ts';
import type { GrafanaDashboard, GrafanaPanel, ThresholdStep } from './grafana-dashboard.ts';

/** The kinds of panels that can be drawn. */
const KINDS = ['timeseries', 'stat'] as const;
export type PanelKind = (typeof KINDS)[number];

export interface PanelQuery {
  /** As Prometheus is asked: nothing is left to be chosen. */
  readonly expr: string;
  readonly legend: string;
  readonly isInstant: boolean;
}

/** A panel as it is drawn, without what is drawn in it. */
export interface PanelFrame {
  readonly title: string;
  readonly description: string;
  readonly kind: PanelKind;
  readonly position: GridPosition;
  readonly unit: Unit;
  readonly min: number | undefined;
  /** To which an axis reaches, unless values are higher. */
  readonly softMax: number | undefined;
  /** Of a number whose colour has nothing to do with its value. */
  readonly fixedColour: string | undefined;
  readonly steps: readonly ThresholdStep[];
}

export interface AskedPanel extends PanelFrame {
  readonly queries: readonly PanelQuery[];
}

export interface RowTitle {
  readonly title: string;
  readonly position: GridPosition;
}

export function readRows({ panels }: GrafanaDashboard): readonly RowTitle[] {
  return panels.filter(({ type }) => type === 'row').map(({ title, gridPos }) => ({ title, position: gridPos }));
}

/** All panels of a dashboard, with everything chosen that can be. @throws Error where one cannot be drawn */
export function readPanels(dashboard: GrafanaDashboard, spans: Spans): readonly AskedPanel[] {
  const choose = chooseEverything(dashboard, spans);
  return dashboard.panels.filter(({ type }) => type !== 'row').map((panel) => readPanel(panel, choose));
}

function readPanel(panel: GrafanaPanel, choose: (expr: string) => string): AskedPanel {
  const { title, description = '', type, gridPos, targets = [], fieldConfig } = panel;
  const { unit = 'short', min, color, thresholds, custom } = fieldConfig?.defaults ?? {};
  const kind = KINDS.find((name) => name === type);
  if (kind === undefined) throw new Error(`${title}: no panel of type ${type} can be drawn`);
  if (!isUnit(unit)) throw new Error(`${title}: nothing is known of the unit ${unit}`);
  return {
    ...{ title, description, kind, position: gridPos, unit, min, steps: thresholds?.steps ?? [] },
    softMax: custom?.axisSoftMax,
    fixedColour: color?.mode === 'fixed' ? color.fixedColor : undefined,
    queries: targets.map(({ expr, legendFormat, instant = false }) => ({
      expr: choose(expr),
      legend: legendFormat,
      isInstant: instant,
    })),
  };
}
