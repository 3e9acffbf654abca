import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

import { OutcryError } from '@outcry/broker';
import type { Environment } from '@outcry/config';
import type { Logger } from '@outcry/service';

import { Child } from './child.ts';

export interface FleetOptions {
  readonly count: number;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The file that each process runs. */
  readonly entry: string;
  readonly environment: Environment;
  readonly logger: Logger;
}

/**
 * Several gateways on one port, each a process and a node of its own. The kernel deals new connections out among those that
 * listen (SO_REUSEPORT, socket(7)); what one process is doing, or that it is gone, is no matter to the others.
 *
 * SIGHUP is passed on. SIGUSR2 replaces one process after the other: each is drained, ends, and is started anew.
 */
export class Fleet {
  readonly #logger: Logger;
  readonly #children: readonly Child[];
  #replacing: Promise<void> | undefined;
  #isStopping = false;

  private constructor(logger: Logger, children: readonly Child[]) {
    this.#logger = logger;
    this.#children = children;
  }

  /**
   * Resolves when all of them serve.
   *
   * @throws OutcryError `badConfig` where the port is taken, `unavailable` where one of them does not come up; nothing is left running then
   */
  static async start({ count, host, port, entry, environment, logger }: FleetOptions): Promise<Fleet> {
    const held = port === 0 ? await holdFreePort(host) : undefined;
    if (held === undefined) await checkFree(host, port);
    const sharedPort = held?.port ?? port;
    const children = Array.from({ length: count }, (_, i) => {
      const own = { OUTCRY_PORT: String(sharedPort), OUTCRY_PROCESS: String(i + 1) };
      return new Child({ index: i + 1, entry, environment: { ...environment, ...own }, logger });
    });
    const started = await Promise.allSettled(children.map((child) => child.start()));
    await held?.release();
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(children.map((child) => child.stop()));
      throw new OutcryError(
        'unavailable',
        String(failed.reason instanceof Error ? failed.reason.message : failed.reason),
      );
    }
    const fleet = new Fleet(logger, children);
    process.on('SIGUSR2', fleet.#replaceOnSignal);
    logger.info({ port: sharedPort, processes: count }, 'gateways listening');
    return fleet;
  }

  reload(): void {
    for (const child of this.#children) child.signal('SIGHUP');
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    process.off('SIGUSR2', this.#replaceOnSignal);
    await Promise.all(this.#children.map((child) => child.stop()));
    await this.#replacing;
    this.#logger.info('gateways stopped');
  }

  readonly #replaceOnSignal = (): void => {
    if (this.#replacing !== undefined) return;
    this.#replacing = this.#replaceAll()
      .catch((err: unknown) => {
        this.#logger.error({ err }, 'gateways not all replaced');
      })
      .finally(() => {
        this.#replacing = undefined;
      });
  };

  async #replaceAll(): Promise<void> {
    for (const child of this.#children) {
      if (this.#isStopping) return;
      await child.replace();
    }
    this.#logger.info('gateways replaced');
  }
}

interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * A free port that stays taken until all processes have it: any connection that leaves this host could be given it meanwhile,
 * and a process could not listen there any more. Nobody knows of the port yet, so nobody is lost who connects to whoever holds it.
 */
async function holdFreePort(host: string): Promise<HeldPort> {
  const server = await listen({ host, port: 0, reusePort: true });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a server that listens on a port');
  return { port: address.port, release: () => close(server) };
}

/**
 * Whoever shares a port cannot find out that a stranger has it, so it is taken for a moment by somebody who does not share.
 *
 * @throws OutcryError `badConfig` where it is taken
 */
async function checkFree(host: string, port: number): Promise<void> {
  const server = await listen({ host, port, exclusive: true }).catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'the port is taken' : message;
    throw new OutcryError('badConfig', `cannot listen on ${host}:${String(port)}: ${why}`, { cause });
  });
  await close(server);
}

async function listen(options: ListenOptions): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(options);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
