import { type Backplane, createRedisBackplane, type RedisBackplaneOptions } from '@outcry/broker';
import {
  BackplaneLog,
  createLogger,
  type InternalStatus,
  type Logger,
  RedisStatus,
  runService,
  type RunningService,
  type ServiceConfig,
  type ServiceDefinition,
  startInternalServer,
} from '@outcry/service';

export interface WorkerConfig extends Omit<ServiceConfig, 'redis'> {
  readonly redis: Omit<RedisBackplaneOptions, 'events'>;
}

/** What every worker has, before it has begun. */
export interface WorkerParts {
  /** Not connected yet. */
  readonly backplane: Backplane;
  readonly redis: Pick<RedisStatus, 'isUp' | 'notReady'>;
  readonly logger: Logger;
}

/** What a service does that serves no clients: it begins once Redis is there, and ends before Redis is let go of. */
export interface Work {
  /** What its internal port tells and takes, beside what Redis is like. */
  readonly status: Omit<InternalStatus, 'service' | 'node'>;
  /** For the line of the log which says that it has started. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** A Redis of the cluster is away: what it had written last may be gone. */
  handleDown?(): void;
  /** @throws OutcryError in a line for the operator where it cannot; `stop` is called then, too */
  start(): Promise<void>;
  /** Ends what is under way and hands over, then lets go of everything. */
  stop(): Promise<void>;
}

export interface WorkerDefinition<C extends WorkerConfig> extends Omit<ServiceDefinition<C>, 'start'> {
  /** Puts the parts together, and begins nothing. */
  readonly compose: (config: C, parts: WorkerParts) => Work | Promise<Work>;
}

/** Runs a service that works over Redis as the process, as `runService` does, with an internal port and no other. */
export async function runWorker<C extends WorkerConfig>(worker: WorkerDefinition<C>): Promise<void> {
  const { compose: _compose, ...service } = worker;
  await runService({ ...service, start: (config) => startWorker(worker, config) });
}

/** @throws OutcryError in a line for the operator where it cannot start; nothing is left running then */
export async function startWorker<C extends WorkerConfig>(
  { name, compose }: Pick<WorkerDefinition<C>, 'name' | 'compose'>,
  config: C,
): Promise<RunningService> {
  const title = name.replaceAll('-', ' ');
  const logger = createLogger({ level: config.logLevel, fields: { service: name } });
  const backplane = createRedisBackplane({ ...config.redis, events: new BackplaneLog(logger) });
  const redis = new RedisStatus(backplane, () => work.handleDown?.());
  const work: Work = await compose(config, { backplane, redis, logger });
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that a start which waits for Redis is seen to live.
    const server = await startInternalServer(config.internal, {
      ...work.status,
      service: name,
      checks: () => [...redis.checks, ...work.status.checks()],
    });
    undo.push(() => server.close());
    undo.push(() => backplane.close());
    await backplane.start(redis);
    undo.push(() => work.stop());
    await work.start();
    logger.info({ ...work.about, internalPort: server.port }, `${title} started`);
  } catch (err) {
    await stop();
    throw err;
  }
  return {
    async stop() {
      logger.info(`${title} stopping`);
      await stop();
    },
  };
}
