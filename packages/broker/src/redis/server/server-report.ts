import type { BrokerPart } from '../../status.ts';
import type { StorageStatus } from '../../storage.ts';
import type { RedisConnection } from '../connection/connection.ts';
import { readField } from './server-info.ts';

/** Whoever wants to know waits no longer: a server that takes so long is as good as away. */
const PATIENCE_MS = 500;

/** What a Redis says of itself at the moment. Where it keeps something to itself, that is 0. */
export interface ServerFigures {
  readonly version: string;
  readonly role: 'primary' | 'replica';
  readonly replicas: number;
  readonly usedMemoryBytes: number;
  /** 0: as much as there is. */
  readonly maxMemoryBytes: number;
  /** As in `ServerInfo`. */
  readonly evictionPolicy: string;
  readonly clients: number;
  readonly commandsPerSecond: number;
  /** That anybody listens to: rooms, books and inboxes in use, and a few of the processes' own. */
  readonly channels: number;
}

/** One server, as this process sees it. */
export interface ServerReport extends BrokerPart {
  /** It is heard. */
  readonly isUp: boolean;
  readonly storage: StorageStatus;
  /** Undefined where it has not answered in time. */
  readonly answer: { readonly roundTripMs: number; readonly figures: ServerFigures } | undefined;
}

/** What there has to be of a server to tell of it. */
export interface ReportedServer {
  readonly part: BrokerPart;
  readonly isUp: boolean;
  readonly storage: { readonly status: StorageStatus };
  readonly commands: Pick<RedisConnection, 'run'>;
}

/** Asks the server once. Never rejects, and takes half a second at most. */
export async function reportOf({ part, isUp, storage, commands }: ReportedServer): Promise<ServerReport> {
  const startedAt = performance.now();
  const asking = commands
    .run((redis) => redis.info('server', 'clients', 'memory', 'stats', 'replication'))
    .then(
      (info) => ({ roundTripMs: performance.now() - startedAt, figures: readServerFigures(info) }),
      () => undefined,
    );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, undefined);
  });
  const answer = await Promise.race([asking, late]);
  clearTimeout(timer);
  return { ...part, isUp, storage: storage.status, answer };
}

/** @param info the replies of `INFO` for those sections */
export function readServerFigures(info: string): ServerFigures {
  const figure = (name: string): number => Number(readField(info, name) ?? 0);
  return {
    version: readField(info, 'redis_version') ?? '',
    role: readField(info, 'role') === 'slave' ? 'replica' : 'primary',
    replicas: figure('connected_slaves'),
    usedMemoryBytes: figure('used_memory'),
    maxMemoryBytes: figure('maxmemory'),
    evictionPolicy: readField(info, 'maxmemory_policy') ?? '',
    clients: figure('connected_clients'),
    commandsPerSecond: figure('instantaneous_ops_per_sec'),
    channels: figure('pubsub_channels') + figure('pubsubshard_channels'),
  };
}
