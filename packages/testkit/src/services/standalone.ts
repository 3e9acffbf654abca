import { toEnvironment } from './environment.ts';
import { type GatewayProcess, type GatewaySettings, listening, LOOPBACK } from './gateway.ts';
import { ServiceProcess } from './process.ts';
import type { FeedSettings } from './publisher.ts';

export interface StandaloneOptions extends GatewaySettings {
  readonly feed?: FeedSettings;
  /** Where messages are kept for the next start. Absent: nowhere. */
  readonly dataDir?: string;
}

/** Starts what `npm start` starts, on free ports: gateway, publisher and demo page in one process. */
export async function startStandalone({ feed = {}, ...settings }: StandaloneOptions = {}): Promise<GatewayProcess> {
  const process = new ServiceProcess({
    entry: 'apps/standalone/src/start.ts',
    env: {
      ...toEnvironment('OUTCRY_', { ...LOOPBACK, memory: settings.dataDir === undefined, ...settings }),
      ...toEnvironment('OUTCRY_FEED_', { ...feed }),
    },
  });
  return listening(process);
}
