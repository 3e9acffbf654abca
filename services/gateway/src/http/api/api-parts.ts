import type { Broker, ControlBus, NodeRoster } from '@outcry/broker';

import type { RoomPresence } from '../../presence/room-presence.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';

/** What the commands of the server API work with. */
export interface ApiParts {
  readonly broker: Broker;
  readonly presence: RoomPresence;
  readonly control: ControlBus;
  readonly nodes: NodeRoster;
  readonly rules: RoomRules;
  /** Of one payload, as msgpack: what a client may publish, so that every client can take it. */
  readonly maxDataBytes: number;
}
