import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { VERSION } from '../version.ts';
import type { Check } from './check.ts';
import { Health } from './health.ts';

const START = Date.parse('2026-11-26T12:00:00.000Z');
const PROCESS_CHECKS = ['eventLoop', 'memory', 'descriptors'];

describe('Health', () => {
  let checks: readonly Check[];
  let lagMs: number;
  let health: Health;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: START });
    checks = [{ name: 'draining', isBlocking: true }, { name: 'storage' }];
    lagMs = 0;
    health = new Health({
      service: 'gateway',
      node: 'gw-1',
      checks: () => checks,
      load: () => ({ connections: 3 }),
      loopLag: {
        get meanMs() {
          return lagMs;
        },
      },
    });
  });
  afterEach(() => {
    health.stop();
    vi.useRealTimers();
  });

  it('is ok where every check is, and names all of them with those of the process', () => {
    const { checks: reports, ...rest } = health.ready();
    expect(rest).toEqual({ status: 'ok', summary: 'ok', service: 'gateway', node: 'gw-1' });
    expect(reports.map(({ name }) => name)).toEqual(['draining', 'storage', ...PROCESS_CHECKS]);
    expect(reports.every(({ ok, since }) => ok && since === '2026-11-26T12:00:00.000Z')).toBe(true);
  });

  it('serves with a limitation, and not behind what blocks', () => {
    checks = [
      { name: 'draining', isBlocking: true },
      { name: 'storage', reason: 'storage is full' },
    ];
    expect(health.ready()).toMatchObject({ status: 'limited', summary: 'ok, but storage is full' });
    checks = [
      { name: 'storage', reason: 'storage is full' },
      { name: 'draining', reason: 'draining', isBlocking: true },
    ];
    expect(health.ready()).toMatchObject({ status: 'unready', summary: 'draining' });
    expect(health.ready().checks.filter(({ blocking }) => blocking)).toHaveLength(1);
  });

  it('says nothing of others where it is asked whether it lives', () => {
    checks = [{ name: 'broker', reason: 'broker unavailable', isBlocking: true }];
    expect(health.alive()).toMatchObject({ status: 'ok', summary: 'ok' });
    expect(health.alive().checks.map(({ name }) => name)).toEqual(PROCESS_CHECKS);
    lagMs = 700;
    expect(health.alive()).toMatchObject({ status: 'limited', summary: 'ok, but the event loop is 700 ms late' });
  });

  it('keeps since when a check is as it is, though nobody asks, and whatever its words are', () => {
    const since = (): string | undefined => health.ready().checks.find(({ name }) => name === 'storage')?.since;
    vi.advanceTimersByTime(10_000);
    checks = [{ name: 'storage', reason: 'storage is full' }];
    vi.advanceTimersByTime(60_000);
    checks = [{ name: 'storage', reason: 'storage is read-only' }];
    vi.advanceTimersByTime(60_000);
    expect(since()).toBe('2026-11-26T12:00:11.000Z');
    checks = [{ name: 'storage' }];
    expect(since()).toBe('2026-11-26T12:02:10.000Z');
  });

  it('tells two of a kind apart, and forgets what is not there any more', () => {
    const shard = (part: string, reason?: string): Check => ({ name: 'shard', part, reason });
    checks = [shard('a:6379', 'a:6379 is unavailable'), shard('b:6379')];
    vi.advanceTimersByTime(5000);
    expect(health.ready().checks.slice(0, 2)).toEqual([
      { name: 'shard', part: 'a:6379', ok: false, reason: 'a:6379 is unavailable', since: '2026-11-26T12:00:01.000Z' },
      { name: 'shard', part: 'b:6379', ok: true, since: '2026-11-26T12:00:01.000Z' },
    ]);
    checks = [];
    vi.advanceTimersByTime(5000);
    checks = [shard('b:6379')];
    expect(health.ready().checks[0]).toMatchObject({ since: '2026-11-26T12:00:10.000Z' });
  });

  it('describes the process and the machine', () => {
    vi.advanceTimersByTime(90_000);
    expect(health.describe()).toMatchObject({
      summary: 'ok',
      version: VERSION,
      startedAt: '2026-11-26T12:00:00.000Z',
      uptimeSeconds: 90,
      load: { connections: 3 },
      process: { pid: process.pid, runtime: `node ${process.version}`, loopLagMs: 0 },
      system: { cpus: expect.any(Number) as unknown, memoryBytes: expect.any(Number) as unknown },
    });
  });

  it('looks no more when it is stopped', () => {
    health.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
