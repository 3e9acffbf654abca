import { OutcryError } from '@outcry/broker';
import { expect, it } from 'vitest';

import { databaseRoster } from './partitions/database-roster.ts';
import { SourceHealth } from './source-health.ts';

const silent = { info: () => undefined, warn: () => undefined };

it('counts what fails, and nothing else: that a service goes is no fault', async () => {
  let faults = 0;
  const health = new SourceHealth(silent, 'source', () => faults++);
  const present: string[] = [];
  const { service, roster, fenceOf } = databaseRoster(
    {
      attend: (name) => Promise.resolve([...present.splice(0, 1, name), name]),
      leave: () => Promise.resolve(void present.pop()),
      readFences: () => Promise.resolve(new Map([['7', 41]])),
    },
    health,
  );
  expect(fenceOf?.('7')).toBe(0);
  expect(await roster.attend(1000)).toEqual([service]);
  expect(['7', '8'].map((partition) => fenceOf?.(partition))).toEqual([41, 0]);
  await roster.leave();
  expect([present, faults, health.isUp]).toEqual([[], 0, true]);

  const broken = (): Promise<never> => Promise.reject(new OutcryError('unavailable', 'gone'));
  const away = databaseRoster({ attend: broken, leave: broken, readFences: broken }, health).roster;
  expect(await away.attend(1000)).toBeUndefined();
  await away.leave();
  expect([faults, health.isUp]).toEqual([2, false]);
});
