import { randomBytes } from 'node:crypto';
import type { GenericContainer, StartedTestContainer } from 'testcontainers';

import { RedisProcess } from './redis-process.ts';

const IMAGE = 'redis:8-alpine';
const REDIS_PORT = 6379;
/** Nothing is kept on disk. */
const SERVER_ARGS = ['--save', '', '--appendonly', 'no'];

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly kind: 'container' | 'server';
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** More arguments for redis-server, such as `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
}

/**
 * Starts a Redis of the test's own: a container where Docker answers and has or gets the image, else a `redis-server` from
 * the PATH. `OUTCRY_TEST_REDIS=container` or `=server` leaves no choice.
 *
 * @throws Error that says how to get a Redis, where there is none
 */
export async function startRedis({ args = [] }: TestRedisOptions = {}): Promise<TestRedis> {
  const wanted = process.env['OUTCRY_TEST_REDIS'] ?? '';
  if (!['', 'container', 'server'].includes(wanted)) {
    throw new Error(`OUTCRY_TEST_REDIS is "${wanted}": expected container or server`);
  }
  const container = wanted === 'server' ? undefined : await prepareContainer();
  if (container === undefined) {
    if (wanted === 'container') throw new Error(`OUTCRY_TEST_REDIS is "container", but Docker does not answer`);
    return startServer(args);
  }
  try {
    return await startContainer(container, args);
  } catch (err) {
    if (wanted === 'container') throw err;
    process.stderr.write(`${String(err)}: trying the redis-server from the PATH\n`);
    return startServer(args);
  }
}

/** A prefix that no other test uses: tests that share a Redis do not meet. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** Undefined where no container runtime answers. */
async function prepareContainer(): Promise<GenericContainer | undefined> {
  // Loaded only here, because it takes most of a second.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined;
  }
  return new GenericContainer(IMAGE)
    .withExposedPorts(REDIS_PORT)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'));
}

async function startContainer(container: GenericContainer, args: readonly string[]): Promise<TestRedis> {
  let started: StartedTestContainer;
  try {
    started = await container.withCommand(['redis-server', ...SERVER_ARGS, ...args]).start();
  } catch (cause) {
    throw new Error(`Docker answers, but ${IMAGE} cannot be started in it`, { cause });
  }
  const port = started.getMappedPort(REDIS_PORT);
  return createHandle('container', { host: started.getHost(), port }, async () => {
    await started.stop();
  });
}

async function startServer(args: readonly string[]): Promise<TestRedis> {
  const server = await RedisProcess.start(args);
  return createHandle('server', server, () => server[Symbol.asyncDispose]());
}

function createHandle(
  kind: TestRedis['kind'],
  { host, port }: { host: string; port: number },
  stop: () => Promise<void>,
): TestRedis {
  return { kind, host, port, url: `redis://${host}:${String(port)}`, stop, [Symbol.asyncDispose]: stop };
}
