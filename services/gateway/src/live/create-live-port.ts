import { createCodecs, Encoding } from '@outcry/protocol';
import type { Logger, UpgradeHandler } from '@outcry/service';

import type { ApiParts } from '../api/api-parts.ts';
import type { Authenticate } from '../api/authenticate.ts';
import type { Bearer } from '../api/bearer.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import { LIVE_LIMITS } from './limits.ts';
import { LivePort } from './live-port.ts';
import { LiveRooms } from './live-rooms.ts';

/** On whose behalf rooms are asked for, whoever is in them: it may change nothing. */
const LOOKER: Bearer = { name: 'console', mayAct: false };

export interface LivePortOptions {
  readonly node: string;
  readonly api: ApiParts;
  readonly authenticate: Authenticate;
  readonly metrics: ConsoleMetrics;
  readonly logger: Logger;
}

/** What the console sees as it changes, of what the server API would say if it was asked. */
export function createLivePort({ node, api, authenticate, metrics, logger }: LivePortOptions): UpgradeHandler {
  const limits = LIVE_LIMITS;
  const parts: ApiParts = { ...api, shares: true };
  const rooms = new LiveRooms({
    ask: ({ name, command, params }) => command.execute({ name, parts, bearer: LOOKER }, params, []),
    ...{ limits, metrics, logger },
  });
  const codec = createCodecs()[Encoding.Json];
  const port = new LivePort({ node, codec, rooms, authenticate, limits, metrics, logger });
  metrics.observe({ sockets: () => port.size, rooms: () => rooms.size });
  return port;
}
