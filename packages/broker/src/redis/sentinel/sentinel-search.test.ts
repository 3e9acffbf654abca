import { describe, expect, it } from 'vitest';
import { LastingError } from '../faults/fault.ts';
import type { PrimaryReport } from './sentinel-client.ts';
import { SentinelSearch } from './sentinel-search.ts';
import { parseTopology, type SentinelGroup } from '../routes/topology.ts';

const SIGNAL = new AbortController().signal;

/** What each sentinel answers, by its name; an error is what it fails with. */
type Answers = Record<string, PrimaryReport | Error>;

function group(hosts: string): SentinelGroup {
  const topology = parseTopology(`redis+sentinel://${hosts}/main`);
  if (topology.kind !== 'sentinel') throw new Error('not a group');
  return topology;
}

function createSearch(answers: Answers): { search: SentinelSearch; asked: string[] } {
  const asked: string[] = [];
  const search = new SentinelSearch(group(Object.keys(answers).join(',')), ({ host }) => {
    asked.push(host);
    const answer = answers[host];
    return answer === undefined || answer instanceof Error
      ? Promise.reject(answer ?? new Error('nobody'))
      : Promise.resolve(answer);
  });
  return { search, asked };
}

const at = (port: number, configEpoch: number): PrimaryReport => ({ address: { host: '10.0.0.1', port }, configEpoch });

describe('the search for the primary', () => {
  it('asks in turn, and first whoever answered the last time', async () => {
    const { search, asked } = createSearch({ a: new Error('ECONNREFUSED'), b: at(1, 0), c: at(1, 0) });
    expect(await search.find(SIGNAL)).toEqual({ host: '10.0.0.1', port: 1 });
    expect(await search.find(SIGNAL)).toEqual({ host: '10.0.0.1', port: 1 });
    expect(asked).toEqual(['a', 'b', 'b']);
  });

  it('names every sentinel, and what is wrong with it, where none knows', async () => {
    const { search } = createSearch({ a: new Error('ECONNREFUSED'), b: new Error('no answer within 1000 ms') });
    const fault: unknown = await search.find(SIGNAL).catch((error: unknown) => error);
    expect(fault).not.toBeInstanceOf(LastingError);
    expect(fault).toMatchObject({
      message:
        'no sentinel knows where the primary main is: a:26379 (ECONNREFUSED), b:26379 (no answer within 1000 ms)',
    });
  });

  it('gives up for good only where every sentinel refuses for good', async () => {
    const refused = new LastingError('it wants a password');
    await expect(createSearch({ a: refused, b: refused }).search.find(SIGNAL)).rejects.toBeInstanceOf(LastingError);
    const mixed = createSearch({ a: refused, b: new Error('ECONNREFUSED') }).search.find(SIGNAL);
    await expect(mixed).rejects.not.toBeInstanceOf(LastingError);
  });

  it('does not go back to what a sentinel says that has not heard of a failover', async () => {
    const answers: Answers = { a: at(2, 7), b: at(1, 6), c: new Error('ECONNREFUSED') };
    const { search } = createSearch(answers);
    expect(await search.find(SIGNAL)).toMatchObject({ port: 2 });
    answers['a'] = new Error('ECONNREFUSED');
    await expect(search.find(SIGNAL)).rejects.toThrow('b:26379 (it has not heard of the last failover)');
    answers['c'] = at(2, 7);
    expect(await search.find(SIGNAL)).toMatchObject({ port: 2 });
  });

  it('believes sentinels that begin to count anew, where they are most of them', async () => {
    const answers: Answers = { a: at(2, 7), b: at(2, 7), c: at(2, 7) };
    const { search } = createSearch(answers);
    await search.find(SIGNAL);
    Object.assign(answers, { a: at(3, 0), b: at(4, 1), c: new Error('ECONNREFUSED') });
    expect(await search.find(SIGNAL)).toMatchObject({ port: 4 });
    answers['b'] = new Error('ECONNREFUSED');
    await expect(search.find(SIGNAL)).rejects.toThrow('a:26379 (it has not heard of the last failover)');
  });

  it('ends where nobody waits for it any longer', async () => {
    const { search, asked } = createSearch({ a: new Error('ECONNREFUSED'), b: at(1, 0) });
    await expect(search.find(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(asked).toEqual(['a']);
  });
});
