import { type ClusterIdentity, OutcryError } from '@outcry/broker';
import { expect, it } from 'vitest';

import type { Joined, JoinRequest } from '../service-list.ts';
import { SourceHealth } from '../source-health.ts';
import { Attendance } from './attendance.ts';

const SILENT = { info: () => undefined, warn: () => undefined };
const OF = { thing: 'cupboard', setting: 'OUTCRY_CUPBOARD_URL', role: 'cupboard', unbind: 'say so' };
const AWAY = new OutcryError('unavailable', 'gone');
const FENCES = new Map([['7', 41]]);

/** One service, with a Redis and a list that answer as the test says: an error is thrown. */
function createStage() {
  const state = {
    redis: { cluster: 'one', now: 1 } as ClusterIdentity | OutcryError,
    list: { cluster: 'one', services: ['a'], fences: FENCES } as Joined | OutcryError,
  };
  const asked: JoinRequest[] = [];
  const introduced: string[] = [];
  const logged: string[] = [];
  const joined: unknown[] = [];
  let faults = 0;
  const answer = <T>(value: T | OutcryError): Promise<T> =>
    value instanceof OutcryError ? Promise.reject(value) : Promise.resolve(value);
  const health = new SourceHealth(SILENT, 'source', () => faults++);
  const attendance = new Attendance({
    of: OF,
    times: { leaseMs: 1000, renewMs: 1 },
    identities: {
      identify: () => answer(state.redis),
      introduce: (_, cluster) => answer(state.redis).then(() => void introduced.push(cluster)),
    },
    by: 'cupboard/1',
    list: {
      join: (request) => {
        asked.push(request);
        return answer(state.list);
      },
      leave: () => answer(state.list).then(() => undefined),
    },
    health,
    logger: {
      info: (...words: readonly unknown[]) => {
        if (words[1] === 'cluster joined') joined.push(words[0]);
        else logged.push(String(words.at(-1)));
      },
      warn: (...words: readonly unknown[]) => void logged.push(String(words.at(-1))),
    },
    service: 'a',
  });
  return { state, asked, introduced, logged, joined, attendance, health, faults: () => faults };
}

it('counts what fails, and nothing else: that a service goes is no fault', async () => {
  const { state, attendance, health, faults } = createStage();
  expect(attendance.fenceOf('7')).toBe(0);
  expect(await attendance.attend(1000)).toEqual(['a']);
  expect(['7', '8'].map((partition) => attendance.fenceOf(partition))).toEqual([41, 0]);
  await attendance.leave();
  expect([faults(), health.isUp]).toEqual([0, true]);
  state.list = AWAY;
  expect(await attendance.attend(1000)).toBeUndefined();
  await attendance.leave();
  expect([faults(), health.isUp]).toEqual([2, false]);
});

it('goes by what Redis has said last while that is away, and cannot tell who is there before that', async () => {
  const { state, asked, attendance } = createStage();
  const { redis } = state;
  state.redis = AWAY;
  expect(await attendance.attend(1000)).toBeUndefined();
  expect(asked).toEqual([]);
  state.redis = redis;
  await attendance.attend(1000);
  state.redis = AWAY;
  expect(await attendance.attend(1000)).toEqual(['a']);
  expect(asked.map(({ seen, now }) => [seen, now])).toEqual([
    ['one', 1],
    ['one', undefined],
  ]);
});

it('writes into Redis what that has lost, again where it could not', async () => {
  const { state, introduced, attendance } = createStage();
  state.redis = { cluster: undefined, now: 1 };
  await attendance.attend(1000);
  await attendance.attend(1000);
  expect(introduced).toEqual(['one', 'one']);
});

it('says once that another cluster is there, and once that it is no more', async () => {
  const { state, logged, attendance } = createStage();
  const { list } = state;
  await attendance.begin();
  state.list = { cluster: 'another', services: [], fences: new Map() };
  for (let i = 0; i < 3; i += 1) expect(await attendance.attend(1000)).toEqual([]);
  expect(attendance.refusal).toBe(
    'the cupboard (OUTCRY_CUPBOARD_URL) is the cupboard of cluster another, and this Redis is of cluster one: each needs a cupboard ' +
      'of its own. If it is to be the cupboard of this one, stop all services that use it, and say so',
  );
  state.list = list;
  for (let i = 0; i < 2; i += 1) await attendance.attend(1000);
  expect([attendance.refusal, logged]).toEqual([undefined, ['another cluster found', 'no other cluster any more']]);
});

it('says in the log of which cluster it is, once for each, and whether its Redis had no name', async () => {
  const { state, joined, attendance } = createStage();
  const list = { cluster: 'one', services: ['a'], fences: FENCES };
  for (let i = 0; i < 2; i += 1) await attendance.attend(1000);
  state.list = { ...list, cluster: 'another', services: [] };
  await attendance.attend(1000);
  state.list = { ...list, cluster: 'anew' };
  state.redis = { cluster: undefined, now: 1 };
  for (let i = 0; i < 2; i += 1) await attendance.attend(1000);
  expect(joined).toEqual([
    { cluster: 'one', role: 'cupboard', wasRedisNameless: false },
    { cluster: 'anew', role: 'cupboard', wasRedisNameless: true },
  ]);
});
