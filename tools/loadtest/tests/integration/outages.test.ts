import {
  FaultProxy,
  type GatewayProcess,
  type GatewaySettings,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { NO_FAULTS } from '../../src/check/faults.ts';
import { runLoadtest, runToEnd, startLoadtest } from '../support/run-loadtest.ts';

/** Long for a busy machine. */
const DEADLINE_MS = 20_000;

let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});

/** Resolves when the load is on. */
async function loading(program: ServiceProcess): Promise<void> {
  await vi.waitFor(
    () => {
      expect(program.output.some((line) => line.endsWith(': loading'))).toBe(true);
    },
    { timeout: DEADLINE_MS },
  );
}

/** An address at which one gateway after the other answers: its own ports are whatever is free. */
class Node implements AsyncDisposable {
  readonly #target: { readonly host: string; port: number };
  readonly #proxy: FaultProxy;
  #gateway: GatewayProcess;

  private constructor(gateway: GatewayProcess, target: { readonly host: string; port: number }, proxy: FaultProxy) {
    this.#gateway = gateway;
    this.#target = target;
    this.#proxy = proxy;
  }

  static async start(settings: GatewaySettings): Promise<Node> {
    const gateway = await startGateway(settings);
    const target = { host: '127.0.0.1', port: gateway.port };
    return new Node(gateway, target, await FaultProxy.start(target));
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.#proxy.port)}/ws`;
  }

  kill(): void {
    this.#gateway.process.kill();
  }

  async replace(settings: GatewaySettings): Promise<void> {
    await this.#gateway.process.stop();
    this.#gateway = await startGateway(settings);
    this.#target.port = this.#gateway.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }
}

/** Three gateways on one Redis. */
class Cluster implements AsyncDisposable {
  readonly #settings: GatewaySettings;
  readonly #nodes: readonly Node[];

  private constructor(settings: GatewaySettings, nodes: readonly Node[]) {
    this.#settings = settings;
    this.#nodes = nodes;
  }

  static async start(redisUrl: string, redisPrefix = uniquePrefix()): Promise<Cluster> {
    const settings = { redisUrl, redisPrefix, reconnectSpreadMs: 200 };
    const nodes = ['a', 'b', 'c'].map((nodeId) => Node.start({ ...settings, nodeId }));
    return new Cluster(settings, await Promise.all(nodes));
  }

  /** As arguments of the program. */
  get urls(): readonly string[] {
    return this.#nodes.flatMap(({ url }) => ['--url', url]);
  }

  kill(): void {
    for (const node of this.#nodes) node.kill();
  }

  /** Each in turn is asked to end, and followed by another at its address. */
  async replaceAll(): Promise<void> {
    for (const [i, node] of this.#nodes.entries()) {
      await node.replace({ ...this.#settings, nodeId: `new-${String(i)}` });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node[Symbol.asyncDispose]()));
  }
}

describe('outcry-loadtest, where gateways go', () => {
  it('fails where all are killed and do not come back, however many errors are allowed', async () => {
    await using cluster = await Cluster.start(redis.url);
    const args = ['fan-out', ...cluster.urls, '-c', '20', '-d', '3s', '--settle', '1s'];
    const { code, failed, scenario, said } = await runLoadtest(
      [...args, '--max-errors', '2000', '--max-silence', '1s'],
      async (program) => {
        await loading(program);
        cluster.kill();
      },
    );
    expect(code).toBe(1);
    expect(failed).toEqual(
      expect.arrayContaining(['not connected at the end', 'not sent', 'longest silence']) as string[],
    );
    expect(scenario.attendance).toEqual({ expected: 20, absent: 20 });
    expect(scenario.silence).toMatchObject({ listeners: 20, past: 20 });
    expect(said).toContain('✗ not connected at the end: 20 of 20 (100 %)');
  });

  it('passes with what the help says where they are replaced one after the other', async () => {
    await using cluster = await Cluster.start(redis.url);
    const args = ['fan-out', ...cluster.urls, '-c', '20', '-d', '10m', '--token', 'load'];
    const { code, failed, scenario } = await runLoadtest(
      [...args, '--max-errors', '2000', '--max-silence', '10s'],
      async (program) => {
        await loading(program);
        await cluster.replaceAll();
        await program.stop();
      },
    );
    expect([failed, scenario.faults]).toEqual([[], NO_FAULTS]);
    expect(code).toBe(130);
    expect(scenario.counters.resumes).toBeGreaterThanOrEqual(20);
    expect(scenario.publishing?.acknowledged).toBe(scenario.publishing?.due);
  });
});

describe('outcry-loadtest feed', () => {
  it('cannot begin where there was never a publisher', async () => {
    await using cluster = await Cluster.start(redis.url);
    expect(await runToEnd(startLoadtest('feed', ...cluster.urls))).toMatchObject({
      code: 2,
      said: expect.stringContaining('Is a feed publisher running?') as string,
    });
  });

  it.each<[string, (publisher: ServiceProcess, proxy: FaultProxy) => void]>([
    [
      'the publisher dies',
      (publisher) => {
        publisher.kill();
      },
    ],
    [
      'Redis stands still',
      (_, proxy) => {
        proxy.freeze();
      },
    ],
  ])('fails where %s half-way', async (_, strike) => {
    await using proxy = await FaultProxy.start(redis);
    const [redisUrl, redisPrefix] = [`redis://127.0.0.1:${String(proxy.port)}`, uniquePrefix()];
    await using publisher = await startPublisher({ redisUrl, redisPrefix, feed: { symbols: 'BTCUSDT' } });
    await using cluster = await Cluster.start(redisUrl, redisPrefix);
    const { code, failed, scenario } = await runLoadtest(
      ['feed', ...cluster.urls, '-c', '6', '-d', '6s', '--max-silence', '2s'],
      async (program) => {
        await loading(program);
        strike(publisher, proxy);
      },
    );
    proxy.thaw();
    expect(code).toBe(1);
    expect(failed).toEqual(['longest silence', 'stale']);
    expect(scenario.stale.lasting).toBeGreaterThan(0);
  });
});
