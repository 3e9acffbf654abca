import { describe, expect, it } from 'vitest';

import { chooseEverything, rateIntervalOf } from './choose-everything.ts';

const DASHBOARD = {
  title: 'fleet',
  templating: {
    list: [{ name: 'datasource' }, { name: 'job', allValue: 'outcry-.+' }, { name: 'room', allValue: '.+' }],
  },
};
const choose = chooseEverything(DASHBOARD, { rateInterval: '4s', range: '120s' });

describe('chooseEverything', () => {
  it('puts in what stands for all, and the spans', () => {
    expect(choose('rate(up{job=~"$job"}[$__rate_interval])')).toBe('rate(up{job=~"outcry-.+"}[4s])');
    expect(choose('increase(up{room=~"${room}"}[$__range])')).toBe('increase(up{room=~".+"}[120s])');
  });

  it('leaves the end of a pattern alone', () => {
    expect(choose('up{job=~"a$", room=~"b$"}')).toBe('up{job=~"a$", room=~"b$"}');
  });

  it.each(['up{job="$jobs"}', 'rate(up[$__interval])', 'up{d="$datasource"}'])(
    'knows nothing of others: %s',
    (expr) => {
      expect(() => choose(expr)).toThrow(/fleet: nothing is known of \$/);
    },
  );
});

describe('rateIntervalOf', () => {
  it('is as long as four scrapes, or as a step and a scrape', () => {
    expect(rateIntervalOf({ scrapeSeconds: 15, stepSeconds: 15 })).toBe('60s');
    expect(rateIntervalOf({ scrapeSeconds: 15, stepSeconds: 120 })).toBe('135s');
  });
});
