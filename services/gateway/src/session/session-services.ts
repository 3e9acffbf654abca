import type { Broker } from '@outcry/broker';
import type { Codec, Encoding } from '@outcry/protocol';
import type { Logger } from '@outcry/service';
import type { MessageTracing, TracedRooms } from '@outcry/tracing';

import type { BookDirectory } from '../books/book-directory.ts';
import type { BacklogLimits } from '../connections/backlog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import type { ToldConnections } from '../events/told-connections.ts';
import type { ConnectionLimits } from '../limits/connection-limits.ts';
import type { StoredLimits } from '../limits/stored-limits.ts';
import type { Meters } from '../limits/meters.ts';
import type { PublishAdmission } from '../limits/publish-admission.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomPresence } from '../presence/room-presence.ts';
import type { Past } from '../rooms/past.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import type { PublishRefusals } from './publish-refusals.ts';
import type { SessionLimits } from './settings.ts';

/** What a session tells its client of the gateway. */
export interface GatewayFacts {
  readonly nodeId: string;
  readonly heartbeatMs: number;
  /** For how long a room can be resumed where no rule says otherwise. */
  readonly resumeWindowMs: number;
}

/** What every session of a gateway works with. */
export interface SessionServices {
  readonly facts: GatewayFacts;
  readonly limits: SessionLimits;
  readonly backlogLimits: BacklogLimits;
  /** How far the clocks of issuer and gateway may differ. */
  readonly clockToleranceMs: number;
  readonly broker: Broker;
  readonly rules: RoomRules;
  readonly rooms: RoomDirectory;
  readonly past: Pick<Past, 'read' | 'pageBytes' | 'keptOf' | 'isParked' | 'resume' | 'forget' | 'close' | 'size'>;
  readonly presence: RoomPresence;
  readonly books: BookDirectory;
  readonly authenticator: Authenticator;
  readonly codecs: Readonly<Record<Encoding, Codec>>;
  readonly connections: Connections;
  readonly connectionLimits: ConnectionLimits;
  /** Undefined where nobody is told of connections. */
  readonly toldConnections: ToldConnections | undefined;
  readonly storedLimits: StoredLimits;
  readonly meters: Meters;
  readonly admission: PublishAdmission;
  readonly publishRefusals: PublishRefusals;
  /** Undefined where nobody is told of traces. */
  readonly tracing?: MessageTracing | undefined;
  readonly tracedRooms: Pick<TracedRooms, 'untraced' | 'begin'>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}
