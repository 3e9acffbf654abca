import { OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BackplaneLog } from './backplane-log.ts';

const SERVER = { version: '8.0.1', evictionPolicy: 'noeviction', maxMemoryBytes: 0, needsReplicas: false };
const unreachable = new OutcryError('unavailable', 'cannot reach Redis at redis://redis:6379: ECONNREFUSED');
const lost = new OutcryError('unavailable', 'Redis at redis://redis:6379: connection closed');

let lines: string[];
let log: BackplaneLog;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const keep =
    (level: string) =>
    (_fields: unknown, message?: unknown): void => {
      lines.push(`${level} ${String(message)}`);
    };
  log = new BackplaneLog({ info: keep('info'), warn: keep('warn') });
});
afterEach(() => {
  vi.useRealTimers();
});

it('names the policy of the Redis once, and again when it is another', () => {
  log.onServer(SERVER);
  log.onServer(SERVER);
  expect(lines).toEqual(['info redis found']);
  log.onServer({ ...SERVER, evictionPolicy: 'allkeys-lru' });
  expect(lines.slice(1)).toEqual([
    'info redis found',
    'warn redis forgets what is stored when its memory is full; set maxmemory-policy noeviction',
  ]);
});

it('tells that nothing is stored, and that it is again', () => {
  log.onStorage({ state: 'full', reason: 'storage is full' });
  log.onStorage({ state: 'writable' });
  expect(lines).toEqual(['warn redis stores no messages', 'info redis stores messages again']);
});

it('tells a fault that lasts once a minute, and each other one', () => {
  for (let i = 0; i < 10; i += 1) log.onFault(unreachable);
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  log.onFault(unreachable);
  expect(lines).toHaveLength(2);
  log.onFault(lost);
  expect(lines).toHaveLength(3);
});

it('tells faults of several servers once a minute each, however they alternate', () => {
  for (let i = 0; i < 10; i += 1) {
    log.onFault(unreachable);
    log.onFault(lost);
  }
  expect(lines).toEqual(['warn redis fault', 'warn redis fault']);
});

it('tells once what a start waits for, however long that lasts and whatever is found meanwhile', () => {
  for (let i = 0; i < 10; i += 1) {
    log.onWaiting(unreachable);
    log.onServer(SERVER);
    log.onWaiting(lost);
    vi.advanceTimersByTime(60_000);
  }
  expect(lines).toEqual(['warn waiting for redis', 'info redis found', 'warn waiting for redis']);
});

it('tells a fault again that has been over', () => {
  log.onFault(lost);
  log.onServer(SERVER);
  log.onFault(lost);
  expect(lines).toEqual(['warn redis fault', 'info redis found', 'warn redis fault']);
});
