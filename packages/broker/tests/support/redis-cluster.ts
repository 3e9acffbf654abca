import { startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { type Backplane, createRedisBackplane, type RedisBackplaneOptions } from '../../src/index.ts';
import { Recorder } from './recorder.ts';

export interface RedisNode {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
  /** Lengths of the holes that were repaired. */
  readonly repairs: number[];
  readonly faults: string[];
}

/** A Redis of the test file's own, nodes over it, and a connection of the tests' to look behind them. */
export class RedisCluster implements AsyncDisposable {
  readonly redis: TestRedis;
  readonly admin: Redis;
  readonly prefix = uniquePrefix();
  readonly #backplanes: Backplane[] = [];

  private constructor(redis: TestRedis) {
    this.redis = redis;
    this.admin = new Redis(redis.url);
  }

  static async start(): Promise<RedisCluster> {
    return new RedisCluster(await startRedis());
  }

  async startNode(options: Partial<RedisBackplaneOptions> = {}): Promise<RedisNode> {
    const repairs: number[] = [];
    const faults: string[] = [];
    const recorder = new Recorder();
    const backplane = createRedisBackplane({
      url: this.redis.url,
      prefix: this.prefix,
      events: {
        onFault: (fault) => faults.push(fault.message),
        onGapRepaired: (_, messages) => repairs.push(messages),
      },
      ...options,
    });
    await backplane.start(recorder);
    this.#backplanes.push(backplane);
    return { backplane, recorder, repairs, faults };
  }

  /** Names of this cluster's keys that contain the text. */
  keys(text: string): Promise<string[]> {
    return this.admin.keys(`${this.prefix}:*${text}*`);
  }

  /** Ends what a test has started. */
  async reset(): Promise<void> {
    await Promise.all(this.#backplanes.splice(0).map((backplane) => backplane.close()));
    await this.admin.flushall();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reset();
    this.admin.disconnect();
    await this.redis.stop();
  }
}
