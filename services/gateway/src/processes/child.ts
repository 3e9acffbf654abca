import { type ChildProcess, fork } from 'node:child_process';

import type { Environment } from '@outcry/config';
import type { Logger } from '@outcry/service';

import { isReadyNote } from './parent.ts';

/** Between the end of a process that failed and the next one. */
const RESTART_MS = 250;
const MAX_RESTART_MS = 10_000;
/** After so long it is no failed start any more. */
const PROVEN_MS = 30_000;

export interface ChildOptions {
  readonly index: number;
  /** The file that is run. */
  readonly entry: string;
  /** The whole of it. */
  readonly environment: Environment;
  readonly logger: Logger;
}

/** One of several processes: started, and started again where it ends without having been told to. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isStopping = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Resolves when it serves. @throws Error where it ends before */
  async start(): Promise<void> {
    this.#isStopping = false;
    const { entry, environment, index, logger } = this.#options;
    const child = fork(entry, [], { env: environment });
    this.#process = child;
    const startedAt = performance.now();
    let isReady = false;
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message) => {
        if (!isReadyNote(message)) return;
        isReady = true;
        resolve();
      });
    });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(signal ?? `code ${String(code)}`);
      });
      child.once('error', (err) => {
        resolve(err.message);
      });
    });
    this.#ended = ended.then((how) => {
      this.#process = undefined;
      if (isReady && !this.#isStopping) this.#restart(how, performance.now() - startedAt);
    });
    const how = await Promise.race([ready, ended]);
    if (how !== undefined) throw new Error(`process ${String(index)} ended with ${how} before it served`);
    logger.info({ process: index, pid: child.pid }, 'process serves');
  }

  /** Resolves when it has ended and another one serves. @throws Error where that does not; there will be another attempt */
  async replace(): Promise<void> {
    await this.stop();
    try {
      await this.start();
    } catch (err) {
      this.#restart(err instanceof Error ? err.message : String(err), 0);
      throw err;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves when it has drained and ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.signal('SIGTERM');
    await this.#ended;
  }

  #restart(how: string, livedMs: number): void {
    const { index, logger } = this.#options;
    this.#failures = livedMs > PROVEN_MS ? 0 : this.#failures + 1;
    const inMs = Math.min(MAX_RESTART_MS, RESTART_MS * 2 ** Math.max(0, this.#failures - 1));
    logger.error({ process: index, how, inMs }, 'a process has ended; another one takes its place');
    this.#timer = setTimeout(() => {
      this.start().catch((err: unknown) => {
        if (!this.#isStopping) this.#restart(err instanceof Error ? err.message : String(err), 0);
      });
    }, inMs);
  }
}
