import type { Readiness } from '../connections/readiness.ts';
import type { FeedServices } from '../feed/feed-connection.ts';
import type { SessionServices } from '../session/session-services.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { ReceptionConfig } from './settings.ts';

/** What it takes to let somebody in, whatever for. */
export interface ReceptionServices extends SessionServices, FeedServices {
  readonly limits: SessionServices['limits'];
  readonly metrics: SessionServices['metrics'];
  readonly reception: ReceptionConfig;
  readonly readiness: Readiness;
  readonly doorkeeper: Doorkeeper;
}
