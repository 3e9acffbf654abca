import { OutcryError } from '@outcry/broker';
import { beforeEach, describe, expect, it } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import type { SearchPage } from './archive-search.ts';
import { OwnArchiveSearch, type SearchedArchive } from './own-archive-search.ts';

const QUERY = { limit: 1, maxBytes: 1 };
const PAGE: SearchPage = { messages: [], hasMore: false };
type Answer = Awaited<ReturnType<SearchedArchive['find']>>;

describe('the search of an archive that is the process’s own', () => {
  let metrics: GatewayMetrics;
  let search: OwnArchiveSearch;
  let answers: ((answer: Answer | Error) => void)[];

  beforeEach(() => {
    metrics = new GatewayMetrics();
    answers = [];
    const find = (): Promise<Answer> =>
      new Promise((resolve, reject) => {
        answers.push((answer) => {
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        });
      });
    search = new OwnArchiveSearch({ find }, { metrics: metrics.archive });
  });

  async function outcomes(): Promise<readonly string[]> {
    const { values } = await metrics.archive.searches.get();
    return values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => `${String(labels['outcome'])} ${String(value)}`);
  }

  it('is made by two at a time', async () => {
    const both = [search.search(QUERY), search.search(QUERY)];
    await expect(search.search(QUERY)).rejects.toMatchObject({ code: 'tooMany' });
    for (const answer of answers) answer(PAGE);
    expect(await Promise.all(both)).toEqual([PAGE, PAGE]);
    const next = search.search(QUERY);
    answers.at(-1)?.(PAGE);
    expect(await next).toBe(PAGE);
    expect(await outcomes()).toEqual(['answered 3', 'tooMany 1']);
  });

  it('says why it brings nothing', async () => {
    const refused = search.search(QUERY);
    answers[0]?.({ refused: 'tooCostly', why: 'more than so many' });
    await expect(refused).rejects.toMatchObject({
      name: 'SearchError',
      code: 'tooCostly',
      message: 'more than so many',
    });
    const away = search.search(QUERY);
    answers[1]?.(new OutcryError('unavailable', 'SQLite: disk I/O error'));
    await expect(away).rejects.toMatchObject({ name: 'SearchError', code: 'unavailable' });
    const mistake = search.search(QUERY);
    answers[2]?.(new TypeError('a mistake'));
    await expect(mistake).rejects.toThrow('a mistake');
    expect(await outcomes()).toEqual(['tooCostly 1', 'unavailable 1']);
    expect(
      (await metrics.archive.searchSeconds.get()).values.find(({ metricName }) => metricName?.endsWith('_count'))
        ?.value,
    ).toBe(3);
  });
});
