import type { Rate } from './plan.ts';
import { Scenario } from './scenario.ts';

/** What a scenario does where the command line does not say. */
export interface ScenarioDefaults {
  readonly connections: number;
  readonly rate: Rate;
  readonly sizeBytes: number;
  rooms(connections: number): number;
  publishers(load: PublishLoad): number;
}

export interface PublishLoad {
  readonly connections: number;
  readonly rooms: number;
  /** The highest. */
  readonly rate: number;
}

/** Half of what a gateway lets one connection send, unless it is configured otherwise (docs/PROTOCOL.md §7). */
const RATE_PER_PUBLISHER = 25;
const MEMBERS_PER_ROOM = 10;
const SIZE_BYTES = 150;

const one = (): number => 1;
const few = ({ rate }: PublishLoad): number => Math.max(1, Math.ceil(rate / RATE_PER_PUBLISHER));
const steady = (rate: number): Rate => ({ from: rate, to: rate });

export const SCENARIO_DEFAULTS: Readonly<Record<Scenario, ScenarioDefaults>> = {
  [Scenario.FanOut]: { connections: 500, rate: steady(20), sizeBytes: SIZE_BYTES, rooms: one, publishers: few },
  [Scenario.Rooms]: {
    connections: 500,
    rate: steady(200),
    sizeBytes: SIZE_BYTES,
    rooms: (connections) => Math.ceil(connections / MEMBERS_PER_ROOM),
    publishers: (load) => Math.max(load.rooms, few(load)),
  },
  [Scenario.Chat]: {
    connections: 200,
    rate: steady(50),
    sizeBytes: SIZE_BYTES,
    rooms: one,
    publishers: ({ connections }) => connections,
  },
  [Scenario.Feed]: { connections: 200, rate: steady(0), sizeBytes: 0, rooms: one, publishers: () => 0 },
  [Scenario.Churn]: { connections: 300, rate: steady(20), sizeBytes: SIZE_BYTES, rooms: one, publishers: few },
  [Scenario.Slow]: { connections: 100, rate: steady(100), sizeBytes: 4000, rooms: one, publishers: few },
};
