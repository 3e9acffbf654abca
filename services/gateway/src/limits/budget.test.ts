import { OutcryError, type SharedLimits } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Budget } from './budget.ts';

const MAX = 6400;
/** What is settled at once. */
const PART = MAX / 64;
const WINDOW_MS = 1000;
/** Of subjects that are known here. */
const MAX_KNOWN = 50_000;

type Spend = SharedLimits['spend'];

describe('a budget', () => {
  const logger = createLogger({ level: 'silent', fields: {} });
  const spend = vi.fn<Spend>();

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    spend.mockReset().mockResolvedValue(0);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const open = (max = MAX): Budget =>
    new Budget({ shared: { spend }, name: 'stored', max, windowMs: WINDOW_MS, logger });
  const settled = (): readonly (readonly [string, number])[] =>
    spend.mock.calls.map(([{ subject, amount }]) => [subject, amount]);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is asked nothing before a part of it is spent, and then told all of that at once', async () => {
    const budget = open();
    budget.spend('ann', PART - 1);
    budget.spend('bob', 1);
    expect(spend).not.toHaveBeenCalled();
    budget.spend('ann', 1);
    expect(spend).toHaveBeenCalledExactlyOnceWith({
      subject: 'stored:ann',
      amount: PART,
      max: MAX,
      windowMs: WINDOW_MS,
    });
    await turn();
    budget.spend('ann', PART - 1);
    expect(spend).toHaveBeenCalledTimes(1);
  });

  it('is told of what comes meanwhile when it has answered, and never of two things at a time', async () => {
    let answer: (waitMs: number) => void = () => undefined;
    spend.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const budget = open();
    budget.spend('ann', PART);
    budget.spend('ann', 3 * PART);
    budget.spend('ann', 1);
    await turn();
    expect(settled()).toEqual([['stored:ann', PART]]);
    answer(0);
    await turn();
    expect(settled()).toEqual([
      ['stored:ann', PART],
      ['stored:ann', 3 * PART + 1],
    ]);
    budget.spend('ann', PART);
    await turn();
    expect(settled().at(-1)).toEqual(['stored:ann', PART]);
  });

  it('refuses whom it says, for as long as it says', async () => {
    spend.mockResolvedValueOnce(500);
    const budget = open();
    expect(budget.waitMs('ann')).toBe(0);
    budget.spend('ann', PART);
    await turn();
    expect([budget.waitMs('ann'), budget.waitMs('bob')]).toEqual([500, 0]);
    vi.advanceTimersByTime(499);
    expect(budget.waitMs('ann')).toBe(1);
    vi.advanceTimersByTime(2);
    expect(budget.waitMs('ann')).toBe(0);
  });

  it('refuses nobody where it cannot be asked, and is told of it with what comes next', async () => {
    const debug = vi.spyOn(logger, 'debug');
    const err = new OutcryError('unavailable', 'away');
    spend.mockRejectedValueOnce(err);
    const budget = open();
    budget.spend('ann', PART);
    await turn();
    expect(budget.waitMs('ann')).toBe(0);
    expect(debug).toHaveBeenCalledExactlyOnceWith({ err }, expect.any(String));
    budget.spend('ann', 5);
    await turn();
    expect(settled().at(-1)).toEqual(['stored:ann', PART + 5]);
  });

  it('is settled at each step where it is small, and never where there is none', async () => {
    const small = open(2);
    small.spend('ann', 1);
    expect(settled()).toEqual([['stored:ann', 1]]);
    await turn();
    const none = open(0);
    none.spend('ann', 1_000_000);
    expect(spend).toHaveBeenCalledTimes(1);
    expect(none.waitMs('ann')).toBe(0);
  });

  it('knows so many at a time: the oldest is settled and forgotten', async () => {
    spend.mockResolvedValueOnce(500);
    const budget = open();
    budget.spend('refused', PART);
    await turn();
    budget.spend('oldest', 7);
    for (let i = 2; i < MAX_KNOWN; i++) budget.spend(String(i), 1);
    expect(budget.waitMs('refused')).toBe(500);
    expect(spend).toHaveBeenCalledTimes(1);
    // It owes nothing, so that nothing is told.
    budget.spend('one more', 1);
    expect(budget.waitMs('refused')).toBe(0);
    await turn();
    expect(spend).toHaveBeenCalledTimes(1);
    budget.spend('and another', 1);
    await turn();
    expect(settled().at(-1)).toEqual(['stored:oldest', 7]);
    expect(spend).toHaveBeenCalledTimes(2);
  });

  it('tells once what was on its way when its subject was forgotten, and then the rest', async () => {
    let answer: (waitMs: number) => void = () => undefined;
    spend.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    const budget = open();
    budget.spend('oldest', PART);
    budget.spend('oldest', 7);
    for (let i = 1; i <= MAX_KNOWN; i++) budget.spend(String(i), 1);
    await turn();
    expect(settled()).toEqual([['stored:oldest', PART]]);
    answer(0);
    await turn();
    expect(settled()).toEqual([
      ['stored:oldest', PART],
      ['stored:oldest', 7],
    ]);
  });
});
