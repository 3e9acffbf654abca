import type { Readiness } from '../connections/readiness.ts';
import type { FeedServices } from '../feed/feed-connection.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { SessionParts } from '../session/session.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { ReceptionConfig } from './settings.ts';

/** What it takes to let somebody in, whatever for. */
export interface ReceptionServices extends SessionParts, FeedServices {
  readonly limits: SessionParts['limits'];
  readonly metrics: SessionParts['metrics'];
  readonly reception: ReceptionConfig;
  readonly readiness: Readiness;
  readonly doorkeeper: Doorkeeper;
  /** What the operator's server is asked; undefined where there is none. */
  readonly hooks: Pick<Hooks, 'connect'> | undefined;
}
