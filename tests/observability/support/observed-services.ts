import {
  type ArchiveProcess,
  type EventsProcess,
  FaultProxy,
  type GatewaySettings,
  HookServer,
  type InboundProcess,
  PostgresProcess,
  type RedisProcess,
  startArchive,
  startEvents,
  startInbound,
} from '@outcry/testkit';

import type { Owned } from './owned.ts';

export const SECRET = 'a-secret-of-at-least-thirty-two-characters';
/** What is said there is archived, and little else is kept of it. */
export const ARCHIVED_ROOM = 'kept';
/** The operator's server is told who comes there and goes. */
export const TOLD_ROOM = 'hall';
/** What the stream of an archived room has for what is not archived. */
export const UNARCHIVED_BYTES = 64 * 1024;

/** A lease is over before a compressed minute is. */
const LEASES = { leaseMs: 1500, leaseRenewMs: 300 } as const;
const RULES = [
  { pattern: ARCHIVED_ROOM, archive: true, history: { count: 10, seconds: 60 } },
  { pattern: TOLD_ROOM, events: true },
];

/** What gateways have to know for the services beside them to have work. */
export const OF_SERVICES: GatewaySettings = {
  roomRules: JSON.stringify(RULES),
  roomUnarchivedBytes: UNARCHIVED_BYTES,
  eventsKinds: 'member',
};

/** The services beside gateways and publishers, and what each of them needs. */
export interface ObservedServices {
  readonly inbound: InboundProcess;
  readonly archive: ArchiveProcess;
  readonly events: EventsProcess;
  /** Of the outbox and, through `archiveWay`, of the archive. */
  readonly postgres: PostgresProcess;
  readonly archiveWay: FaultProxy;
  /** The operator's server that is told of events. */
  readonly told: HookServer;
}

export async function startServices(owned: Owned, { url: redisUrl }: RedisProcess): Promise<ObservedServices> {
  const postgres = owned.keep(await PostgresProcess.start());
  const archiveWay = owned.keep(await FaultProxy.start(postgres));
  const told = owned.keep(await HookServer.start());
  const archiveUrl = postgres.url.replace(`:${String(postgres.port)}/`, `:${String(archiveWay.port)}/`);
  const [inbound, archive, events] = await Promise.all([
    startInbound({
      redisUrl,
      postgresUrl: postgres.url,
      postgresMigrate: true,
      inboundLeaseMs: LEASES.leaseMs,
      inboundLeaseRenewMs: LEASES.leaseRenewMs,
    }),
    startArchiveOver({ url: redisUrl }, archiveUrl),
    startEvents({
      redisUrl,
      eventsUrl: told.urlOf('events'),
      eventsSecret: SECRET,
      eventsPlainHttp: true,
      eventsLeaseMs: LEASES.leaseMs,
      eventsLeaseRenewMs: LEASES.leaseRenewMs,
    }),
  ]);
  for (const service of [inbound, archive, events]) owned.keep(service);
  return { inbound, archive, events, postgres, archiveWay, told };
}

/** An archive, whose database is at an address. */
export function startArchiveOver(
  { url: redisUrl }: Pick<RedisProcess, 'url'>,
  archiveUrl: string,
): Promise<ArchiveProcess> {
  return startArchive({
    ...{ redisUrl, archiveUrl, archiveMigrate: true },
    archiveLeaseMs: LEASES.leaseMs,
    archiveLeaseRenewMs: LEASES.leaseRenewMs,
  });
}
