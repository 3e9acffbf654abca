import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { leasePort } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Faults } from '../../src/check/faults.ts';
import { type GatewayFaults, startFaultyGateway, Token } from '../support/faulty-gateway.ts';
import { type Finished, runLoadtest, runToEnd, startLoadtest } from '../support/run-loadtest.ts';

const PLENTY = ['-c', '5', '-d', '400ms', '--rate', '200', '--ramp', '0', '--settle', '1s', '--encoding', 'msgpack'];
/** What the help says for rolling updates, and every number that may be told to be wrong. */
const FORGIVING = ['--max-errors', '2000', '--max-gaps', '2000'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-loadtest-lies-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function loadOn(faults: GatewayFaults, ...args: readonly string[]): Promise<Finished> {
  await using gateway = await startFaultyGateway(faults);
  return await runLoadtest(['-u', gateway.url, ...PLENTY, ...FORGIVING, ...args]);
}

/** Connections of even and of odd index say which they are. */
async function evenAndOdd(): Promise<readonly string[]> {
  const file = join(folder, 'tokens.txt');
  await writeFile(file, `${Token.Even}\n${Token.Odd}\n`);
  return ['--token-file', file];
}

function kindsOf(faults: Faults): readonly string[] {
  return Object.entries(faults).flatMap(([kind, count]: [string, number]) => (count > 0 ? [kind] : []));
}

describe('outcry-loadtest on a server that does one thing wrong', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await loadOn({})).toMatchObject({ code: 0, failed: [] });
  });

  it.concurrent.each<readonly [GatewayFaults, failed: readonly string[], kinds: readonly string[]]>([
    [{ delivery: 'drop' }, ['sequence numbers', 'payloads'], ['lost', 'undelivered']],
    [{ delivery: 'repeat' }, ['sequence numbers'], ['repeated']],
    [{ delivery: 'swap' }, ['sequence numbers'], ['inverted']],
    [{ delivery: 'alter' }, ['payloads'], ['altered', 'undelivered']],
    [{ delivery: 'double' }, ['payloads'], ['doubled']],
    [{ ack: 'misnumbered' }, ['payloads'], ['conflicting']],
    [{ ack: 'elsewhere' }, ['payloads'], ['undelivered']],
    [{ ack: 'silent' }, ['not acknowledged'], []],
    [{ atTwentieth: 'stale' }, ['stale'], []],
    [{ atTwentieth: 'cut', forgetsKeys: true }, ['payloads'], ['doubled', 'conflicting']],
  ])('fails what it does to messages: %j', async (faults, failed, kinds) => {
    // Whoever is cut off is back within two seconds.
    const finished = await loadOn(faults, '--settle', faults.atTwentieth === 'cut' ? '10s' : '1s');
    expect(finished.code).toBe(1);
    expect(finished.failed).toEqual(failed);
    expect(kindsOf(finished.scenario.faults)).toEqual(kinds);
    for (const name of failed) expect(finished.said).toContain(`✗ ${name}: `);
  });

  it.concurrent('publishes again what it has no answer to, and finds it stored once', async () => {
    const { failed, scenario } = await loadOn({ atTwentieth: 'cut' }, '--settle', '10s');
    expect(failed).toEqual([]);
    expect(scenario.counters.repeats).toBeGreaterThan(0);
    expect(scenario.publishing?.acknowledged).toBe(scenario.publishing?.due);
  });

  it.concurrent.each([
    ['in one thread', '1'],
    ['in two threads', '2'],
  ])('finds that two members %s were sent different messages under one number', async (_, workers) => {
    const tokens = await evenAndOdd();
    const { code, failed, scenario } = await loadOn({ delivery: 'exchange' }, '--workers', workers, ...tokens);
    expect(code).toBe(1);
    expect(failed).toEqual(['payloads']);
    expect(kindsOf(scenario.faults)).toContain('conflicting');
  });

  it.concurrent('fails where members hear nothing for longer than they may, and says for how long', async () => {
    const { code, failed, scenario, said } = await loadOn(
      { atTwentieth: 'pause' },
      '-d',
      '1500ms',
      '--max-silence',
      '300ms',
    );
    expect(code).toBe(1);
    expect(failed).toEqual(['longest silence']);
    expect(scenario.silence).toMatchObject({ listeners: 5, past: 5, plannedMs: 5 });
    expect(scenario.silence.longestMs).toBeGreaterThan(600);
    expect(said).toMatch(/✗ longest silence: .+, 5 of 5 past it \(expected ≤ 300\.0 ms past the plan's 5\.00 ms\)/);
  });

  it.concurrent('fails where the deployment dies and does not come back, however many errors may be', async () => {
    const { code, failed, scenario, html } = await loadOn({ atTwentieth: 'die' }, '--max-silence', '100ms');
    expect(code).toBe(1);
    expect(failed).toEqual(
      expect.arrayContaining(['not connected at the end', 'not sent', 'longest silence']) as string[],
    );
    expect(scenario.attendance).toEqual({ expected: 5, absent: 5 });
    const { due, sent } = scenario.publishing ?? { due: 0, sent: 0 };
    expect(due).toBeGreaterThan(70);
    expect(sent).toBeLessThan(due);
    expect(html).toContain('<strong>0 of 5</strong>');
    expect(html).not.toContain('as published</small>');
  });

  it.concurrent('fails where somebody is turned away', async () => {
    const file = join(folder, 'mixed-tokens.txt');
    await writeFile(file, `${Token.Even}\n${Token.Refused}\n`);
    const { code, failed, scenario } = await loadOn({}, '--token-file', file);
    expect(code).toBe(1);
    expect(failed).toEqual(['not connected at the end']);
    expect(scenario.attendance).toEqual({ expected: 5, absent: 2 });
  });

  it.concurrent('cannot begin with a token that is refused, or where nobody listens', async () => {
    await using gateway = await startFaultyGateway();
    const refused = await runToEnd(startLoadtest('-u', gateway.url, '--token', Token.Refused));
    expect(refused).toMatchObject({ code: 2, said: expect.stringContaining('The token was refused') as string });
    using nobody = await leasePort();
    const deserted = await runToEnd(startLoadtest('-u', `ws://127.0.0.1:${String(nobody.port)}/ws`));
    expect(deserted).toMatchObject({ code: 2, said: expect.stringContaining('Nobody listens there') as string });
  });
});

describe('outcry-loadtest feed on a server that does one thing wrong', () => {
  const feed = ['feed', '-d', '1s', '--max-silence', '300ms'];

  it.concurrent('finds nothing where nothing is wrong', async () => {
    expect(await loadOn({}, 'feed', '-d', '1s')).toMatchObject({ code: 0, failed: [] });
  });

  it.concurrent.each([
    ['dead', ['longest silence', 'stale']],
    ['mute', ['longest silence']],
  ] as const)('fails what it does to books: %s', async (fault, failed) => {
    const finished = await loadOn({ feed: fault }, ...feed);
    expect(finished.failed).toEqual(failed);
    expect(finished.code).toBe(1);
    const told = fault === 'dead' ? 5 : 0;
    expect(finished.scenario.stale).toMatchObject({ count: told, lasting: told });
  });

  it.concurrent('fails where a book is not what its checksum says', async () => {
    const { code, failed, scenario } = await loadOn({ feed: 'altered' }, 'feed', '-d', '1s');
    expect(code).toBe(1);
    expect(failed).toEqual(['payloads']);
    expect(kindsOf(scenario.faults)).toEqual(['altered']);
  });

  it.concurrent('shows what was not measured as a dash, and as null, and does not hold it for fast', async () => {
    const { failed, scenario, said, html } = await loadOn({ feed: 'empty' }, ...feed, '--max-p99', '1000');
    expect(failed).toEqual(['longest silence', 'delivery p99']);
    const nothing = { count: 0, min: null, mean: null, p50: null, p90: null, p99: null, p999: null, max: null };
    expect(scenario).toMatchObject({ delivery: nothing, targets: [{ delivery: nothing }] });
    expect(said).toMatch(/age on arrival +–$/m);
    expect(said).toContain('✗ delivery p99: – (expected ≤ 1,000 ms)');
    expect(html).toMatch(/Age on arrival, p99<\/span><strong>–<\/strong>/);
    expect(said.match(/.*0\.00 ms.*/)).toBeNull();
    expect(html.match(/.*0\.00 ms.*/)).toBeNull();
  });
});
