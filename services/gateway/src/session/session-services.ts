import type { Broker } from '@outcry/broker';
import type { Codec, Encoding } from '@outcry/protocol';

import type { Authenticator } from '../identity/authenticator.ts';
import type { RevokedTokens } from '../identity/revoked-tokens.ts';
import type { BookDirectory } from '../books/book-directory.ts';
import type { GatewayConfig } from '../config/config.ts';
import type { Connections } from '../connections/connections.ts';
import type { Doorkeeper } from '../reception/doorkeeper.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { Meters } from '../limits/meters.ts';
import type { Logger } from '@outcry/service';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomPresence } from '../presence/room-presence.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';

/** What every session of a gateway works with. */
export interface SessionServices {
  readonly config: GatewayConfig;
  readonly broker: Broker;
  readonly rooms: RoomDirectory;
  readonly presence: RoomPresence;
  readonly books: BookDirectory;
  readonly authenticator: Authenticator;
  readonly revokedTokens: RevokedTokens;
  readonly codecs: Readonly<Record<Encoding, Codec>>;
  readonly connections: Connections;
  readonly connectionLimits: ConnectionLimits;
  readonly meters: Meters;
  readonly doorkeeper: Doorkeeper;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}
