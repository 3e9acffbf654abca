import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { SCENARIOS } from '../plan/scenario.ts';
import { createCommand } from './command.ts';
import type { Invocation } from './invocation.ts';
import { isHelp, parseInvocation } from './parse-invocation.ts';

const URL_A = 'ws://a:1337/ws';

function parse(...args: readonly string[]): Invocation {
  return parseInvocation(['--url', URL_A, ...args]);
}

/** What the program says about a wrong command line. */
function complaintOf(args: readonly string[]): string {
  let said = '';
  const command = createCommand().configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  expect(() => parseInvocation(args, command)).toThrow(CommanderError);
  return said;
}

describe('parseInvocation', () => {
  it('runs fan-out for half a minute where nothing else is said', () => {
    const { scenarios, load, thresholds } = parse();
    expect(scenarios).toEqual(['fan-out']);
    expect(load).toMatchObject({ urls: [URL_A], durationMs: 30_000, rampMs: 2000, encoding: 'mixed' });
    expect(thresholds).toEqual({
      maxAbsent: 0,
      maxUnsentShare: 0,
      maxUnacknowledgedShare: 0,
      maxSilenceMs: 5000,
      maxStaleMs: 0,
      maxErrors: 0,
      maxGaps: 0,
    });
  });

  it('takes several targets and scenarios', () => {
    const { scenarios, load } = parse('chat', 'rooms', '-u', 'wss://b/ws');
    expect(scenarios).toEqual(['rooms', 'chat']);
    expect(load.urls).toEqual([URL_A, 'wss://b/ws']);
  });

  it('assumes ws:// and /ws where a target does not say', () => {
    expect(parse('-u', 'b:1337').load.urls).toEqual([URL_A, 'ws://b:1337/ws']);
  });

  it('takes all scenarios at once', () => {
    expect(parse('all').scenarios).toEqual(SCENARIOS);
  });

  it('reads times, rates and shares', () => {
    const args = ['-d', '90', '--ramp', '500ms', '--rate', '10..200', '--slow-share', '25%', '--stay', '1m'];
    expect(parse(...args).load).toMatchObject({
      durationMs: 90_000,
      rampMs: 500,
      rate: { from: 10, to: 200 },
      slowShare: 0.25,
      stayMs: 60_000,
    });
  });

  it('reads what the checks allow', () => {
    const args = ['--max-absent', '2', '--max-unsent', '5%', '--max-unacknowledged', '0.01'];
    expect(parse(...args, '--max-silence', '10', '--max-stale', '500ms').thresholds).toMatchObject({
      maxAbsent: 2,
      maxUnsentShare: 0.05,
      maxUnacknowledgedShare: 0.01,
      maxSilenceMs: 10_000,
      maxStaleMs: 500,
    });
  });

  it('reads thresholds in milliseconds, with or without a unit', () => {
    const { thresholds } = parse(
      '--max-p99',
      '50',
      '--max-p999',
      '1s',
      '--max-errors',
      '7',
      '--min-throughput',
      '1000',
    );
    expect(thresholds).toMatchObject({ maxP99Ms: 50, maxP999Ms: 1000, maxErrors: 7, maxGaps: 0, minThroughput: 1000 });
  });

  it.each([
    [[], 'no target'],
    [['--url', 'localhost:port'], 'Expected host:port or a WebSocket URL'],
    [['--url', 'https://a/ws'], 'Expected a WebSocket URL: wss://a/ws'],
    [['--url', 'ws://a/orderbookfeed?symbol=X'], 'Expected the endpoint of sessions, ws://a/ws'],
    [['--url', URL_A, 'party'], 'Allowed choices are fan-out'],
    [['--url', URL_A, '-c', '0'], 'a whole number from 1'],
    [['--url', URL_A, '-d', 'soon'], 'Expected a time'],
    [['--url', URL_A, '-r', '5..'], 'Expected messages per second'],
    [['--url', URL_A, '-r', '0'], 'Expected messages per second'],
    [['--url', URL_A, '--slow-share', '150%'], 'Expected a share'],
    [['--url', URL_A, '--encoding', 'xml'], 'Allowed choices are json'],
    [['--url', URL_A, '--symbols', 'A,,B'], 'Expected names'],
    [['--url', URL_A, '--token', 'a', '--token-file', 'b'], 'exclude each other'],
    [['--url', URL_A, '--max-p9', '5'], 'unknown option'],
  ])('says what is wrong with %j', (args, expected) => {
    expect(complaintOf(args)).toContain(expected);
  });

  it('gives help with every scenario and with examples, which is no error', () => {
    let said = '';
    const command = createCommand().configureOutput({
      writeOut: (text) => {
        said += text;
      },
    });
    let thrown: unknown;
    try {
      parseInvocation(['--help'], command);
    } catch (error) {
      thrown = error;
    }
    expect(thrown instanceof CommanderError && isHelp(thrown)).toBe(true);
    for (const scenario of SCENARIOS) expect(said).toContain(scenario);
    expect(said).toContain('Examples:');
  });
});
