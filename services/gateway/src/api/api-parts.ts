import type {
  Broker,
  ControlBus,
  EventJournal,
  FeedBus,
  LeaseFinder,
  NodeRoster,
  RevocationList,
} from '@outcry/broker';
import type { Logger } from '@outcry/service';
import type { PublishTrace, TracedRooms } from '@outcry/tracing';

import type { ArchiveSearch } from '../archive/archive-search.ts';
import type { OwnAnswers } from '../cluster/question.ts';
import type { Accounts } from '../identity/accounts/accounts.ts';
import type { RoomPresence } from '../presence/room-presence.ts';
import type { Past } from '../rooms/past.ts';
import type { RoomRules } from '../rooms/room-rules.ts';

/** What the commands of the server API work with. */
export interface ApiParts {
  readonly broker: Broker;
  readonly past: Pick<Past, 'read' | 'pageBytes'>;
  /** Undefined where there is none. */
  readonly search: Pick<ArchiveSearch, 'search'> | undefined;
  readonly presence: RoomPresence;
  readonly control: ControlBus;
  readonly nodes: NodeRoster;
  /** What this gateway knows of what all are asked. */
  readonly own: OwnAnswers;
  /** Answers that others were given within a second will do (`askNodes`). */
  readonly shares?: boolean;
  readonly feedBus: Pick<FeedBus, 'listInstruments'>;
  /** Who leads and who archives what. */
  readonly leases: LeaseFinder;
  /** There is no Redis, and this process has the archive to itself: nobody takes parts of it. */
  readonly archivesItself: boolean;
  readonly events: Pick<EventJournal, 'resend'>;
  readonly revocations: RevocationList;
  /** Undefined where there are none. */
  readonly accounts: Pick<Accounts, 'delete' | 'resetPassword'> | undefined;
  /** How long a token can be good at most, clocks that differ included. */
  readonly maxTokenLifetimeMs: number;
  readonly rules: RoomRules;
  /** Of one payload, as msgpack: what a client may publish, so that every client can take it. */
  readonly maxDataBytes: number;
  /** A gateway that has fewer clients than this above the mean is left as it is. */
  readonly balanceFloor: number;
  /** Undefined where nobody is told of traces. */
  readonly tracedRooms: Pick<TracedRooms, 'trace'> | undefined;
  /** Of a request that says of which trace it is: what is told of a message, where that is traced. */
  readonly follow?: ((room: string) => PublishTrace | undefined) | undefined;
  /** Is told of what cannot be undone. */
  readonly logger: Pick<Logger, 'info' | 'debug'>;
}
