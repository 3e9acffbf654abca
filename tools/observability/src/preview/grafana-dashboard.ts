import type { GridPosition } from '../panel.ts';

/** As much of a dashboard's file as is drawn: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export interface GrafanaDashboard {
  readonly title: string;
  readonly description: string;
  readonly templating: { readonly list: readonly GrafanaVariable[] };
  readonly panels: readonly GrafanaPanel[];
}

export interface GrafanaVariable {
  readonly name: string;
  /** What stands for it where all is chosen. */
  readonly allValue?: string;
}

export interface GrafanaPanel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPosition;
  readonly targets?: readonly GrafanaTarget[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly min?: number;
      readonly custom?: { readonly axisSoftMax?: number };
      readonly color?: { readonly mode: string; readonly fixedColor?: string };
      readonly thresholds?: { readonly steps: readonly ThresholdStep[] };
    };
  };
}

export interface GrafanaTarget {
  readonly expr: string;
  readonly legendFormat: string;
  /** Asked for one moment, and not for each point of a curve. */
  readonly instant?: boolean;
}

/** From `value` on, values have this colour; null is from the lowest on. */
export interface ThresholdStep {
  readonly color: string;
  readonly value: number | null;
}
