import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RedisProcess } from '@outcry/testkit';

/** A Redis that writes what it does to a file, as one in production does: at each second, not at each answer. */
export class DurableRedis implements AsyncDisposable {
  readonly #redis: RedisProcess;
  readonly #folder: string;

  private constructor(redis: RedisProcess, folder: string) {
    this.#redis = redis;
    this.#folder = folder;
  }

  static async start(): Promise<DurableRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-aof-'));
    const args = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'everysec'];
    return new DurableRedis(await RedisProcess.start(args), folder);
  }

  get url(): string {
    return this.#redis.url;
  }

  kill(): Promise<void> {
    return this.#redis.kill();
  }

  restart(): Promise<void> {
    return this.#redis.restart();
  }

  /** Takes the last bytes of its file away, while it is down: what a machine loses with its power. Returns how many. */
  cutFile(bytes: number): number {
    const folder = join(this.#folder, 'appendonlydir');
    const numberOf = (name: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? -1);
    const [newest] = readdirSync(folder).toSorted((a, b) => numberOf(b) - numberOf(a));
    const file = join(folder, newest ?? '');
    const { size } = statSync(file);
    const cut = Math.min(bytes, Math.floor(size / 2));
    truncateSync(file, size - cut);
    return cut;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}
