import type { Intake } from '../intake.ts';
import type { OutcryError } from '../outcry-error.ts';
import type { BrokerPart, BrokerStatus } from '../status.ts';
import { type StorageStatus, WRITABLE } from '../storage.ts';
import type { Router } from './router.ts';
import type { ServerInfo } from './server/server-info.ts';
import type { ServerReport } from './server/server-report.ts';
import type { Shard } from './shard/shard.ts';

/** The rooms and symbols of some partitions. */
export interface Scope {
  /** Whether it has the partition of a room, or a symbol, of that name. */
  holds(name: string): boolean;
}

/** All servers that share the rooms, whatever they know of each other. */
export interface Servers {
  readonly router: Router;
  readonly intake: Intake;
  /** Of all of them together: the worst there is. */
  readonly storage: StorageStatus;
  /** One that may forget what is stored, where there is such a one; undefined before any was found. */
  readonly server: ServerInfo | undefined;
  /** Each of them, asked now. Never rejects. */
  report(): Promise<readonly ServerReport[]>;
  /** Partitions that stay together, on whatever server they are: so what is kept of all of one part can be in one place there. */
  readonly parts: readonly (readonly number[])[];
  /** Resolves when all are up. @throws OutcryError where one of them cannot be reached, or is of no use; `close` has to follow then */
  start(deadline: number): Promise<void>;
  /** A room, or a symbol, of that name cannot be made whole: `catchUp` is called again for it. */
  handleStalled(name: string): void;
  /** Nothing is called any more. */
  stop(): void;
  close(): Promise<void>;
}

/** What servers call. Nothing of it throws. */
export interface ServersPort {
  /** What is listened to is heard again: reads what was missed meanwhile. Rejects where that cannot be done now. */
  catchUp(scope: Scope): Promise<void>;
  /** Stores what could not be stored, or may have been forgotten. Rejects where that cannot be done now. */
  storeAgain(scope: Scope): Promise<void>;
  handleStatus(status: BrokerStatus, part: BrokerPart): void;
  handleStorage(storage: StorageStatus): void;
  handleServer(server: ServerInfo): void;
  handleFault(fault: OutcryError): void;
}

/** The worst of all: what cannot be stored somewhere cannot be relied upon. */
export function storageOf(shards: readonly Shard[]): StorageStatus {
  const all = shards.map(({ storage }) => storage.status);
  return all.find(({ state }) => state === 'readOnly') ?? all.find(({ state }) => state === 'full') ?? WRITABLE;
}

/** One that may forget what is stored, where there is such a one. */
export function serverOf(shards: readonly Shard[]): ServerInfo | undefined {
  const servers = shards.map(({ server }) => server).filter((server) => server !== undefined);
  return servers.find(({ evictionPolicy }) => !['', 'noeviction'].includes(evictionPolicy)) ?? servers[0];
}

/** Of all that there are at the moment. */
export function intakeOf(shards: () => readonly Shard[]): Intake {
  return {
    hold() {
      for (const { listener } of shards()) listener.hold();
    },
    release() {
      for (const { listener } of shards()) listener.release();
    },
  };
}
