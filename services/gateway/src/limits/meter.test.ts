import { expect, test } from 'vitest';

import { Meter } from './meter.ts';

const SECOND = 1000;

test('counts each sender by itself', () => {
  const meter = new Meter(1);
  const [ann, ben] = [{}, {}];

  expect([meter.take(ann, 0), meter.take(ann, 0), meter.take(ann, 0)]).toEqual(['pass', 'pass', 'refuse']);
  expect(meter.take(ben, 0)).toBe('pass');
});

test('counts what is over already, and makes what comes next wait the longer', () => {
  const meter = new Meter(1);
  const ann = {};
  meter.spend(ann, 0, 4);

  expect([meter.take(ann, 0, 0), meter.take(ann, 2 * SECOND, 0), meter.take(ann, 3 * SECOND, 0)]).toEqual([
    'refuse',
    'refuse',
    'pass',
  ]);
});

test('lets go of those who are idle, and of nobody else', () => {
  const meter = new Meter(1);
  const [ann, ben] = [{}, {}];
  for (let i = 0; i < 3; i += 1) meter.take(ann, 0);
  meter.take(ben, 0);

  meter.sweep(SECOND);
  expect(meter.size).toBe(1);
  expect([meter.take(ann, SECOND), meter.take(ann, SECOND)]).toEqual(['pass', 'refuse']);

  meter.sweep(60 * SECOND);
  expect(meter.size).toBe(0);
});

test('keeps nothing where there is no limit', () => {
  const meter = new Meter(0);

  expect(meter.take({}, 0, 1_000_000)).toBe('pass');
  meter.spend({}, 0, 1_000_000);
  expect(meter.size).toBe(0);
  // Clients are told so.
  expect(new Meter(0, 100).burst).toBe(0);
});
