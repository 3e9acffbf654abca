import { describe, expect, it } from 'vitest';

import { parseInvocation } from '../cli/parse-invocation.ts';
import { createPlan } from './create-plan.ts';
import type { Plan } from './plan.ts';
import type { Scenario } from './scenario.ts';

function plan(scenario: Scenario, ...args: readonly string[]): Plan {
  const { load } = parseInvocation(['--url', 'ws://a/ws', ...args]);
  return createPlan(scenario, load, { runId: 'r', symbols: ['BTCUSDT'] });
}

describe('createPlan', () => {
  it('has as many publishers as the rate needs, so that no connection is rate limited', () => {
    expect(plan('fan-out', '--rate', '20').publishers).toBe(1);
    expect(plan('fan-out', '--rate', '10..1000').publishers).toBe(40);
  });

  it('has a publisher in each room, and everybody as one in a chat', () => {
    expect(plan('rooms', '-c', '100')).toMatchObject({ rooms: 10, publishers: 10 });
    expect(plan('chat', '-c', '100')).toMatchObject({ rooms: 1, publishers: 100 });
  });

  it('has no more rooms, publishers and workers than connections', () => {
    expect(plan('rooms', '-c', '2', '--rooms', '9', '--publishers', '9', '--workers', '9')).toMatchObject({
      rooms: 2,
      publishers: 2,
      workers: 2,
    });
  });

  it('watches all books that there are, or those that are named, and publishes nothing', () => {
    expect(plan('feed')).toMatchObject({ publishers: 0, books: { symbols: ['BTCUSDT'] } });
    expect(plan('feed', '--symbols', 'A,B').books.symbols).toEqual(['A', 'B']);
  });
});
