import { integer, type SettingValues } from '@outcry/config';

import type { SimulatorOptions } from './simulator-source.ts';

export const SIMULATOR_SETTINGS = {
  OUTCRY_FEED_RATE: integer({
    meaning: 'Order events per second and symbol of the simulator, on average.',
    min: 1,
    max: 10_000,
    default: 50,
  }),
  OUTCRY_FEED_SEED: integer({
    meaning: 'The same seed gives the same simulated market, event for event.',
    min: 0,
    max: 4_294_967_295,
    default: 1,
  }),
} as const;

export function simulatorOptionsOf(
  settings: SettingValues<typeof SIMULATOR_SETTINGS>,
  symbols: readonly string[],
): SimulatorOptions {
  return { symbols, rate: settings.OUTCRY_FEED_RATE, seed: settings.OUTCRY_FEED_SEED };
}
