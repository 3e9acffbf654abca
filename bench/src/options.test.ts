import { describe, expect, it } from 'vitest';

import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('runs everything, three times, where nothing is said', () => {
    expect(parseOptions([])).toMatchObject({ rounds: 3, isQuick: false, out: undefined });
    expect(parseOptions([]).experiments).toContain('fanout');
  });

  it('keeps the order of its own, whatever the order of the names', () => {
    expect(parseOptions(['--only', 'memory,fanout']).experiments).toEqual(['fanout', 'memory']);
  });

  it('runs one round where it is to be quick', () => {
    expect(parseOptions(['--quick']).rounds).toBe(1);
    expect(parseOptions(['--quick', '--rounds', '2']).rounds).toBe(2);
  });

  it.each([
    [['--only', 'speed'], '--only: expected any of fanout'],
    [['--contestants', 'nobody'], '--contestants: expected any of bare-uws'],
    [['--rounds', '0'], '--rounds: expected a number from 1 to 99'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
