import { expect, it } from 'vitest';

import { chosen, movedBy, ofGateways, rate } from './promql.ts';

it('leaves out of a label’s values those that stood still for all the time that is shown', () => {
  expect(movedBy('code', { counter: 'closes_total{a="b"}', of: rate })).toBe(
    'sum by (code) (rate(closes_total{a="b"}[$__rate_interval]))' +
      ' and sum by (code) (increase(closes_total{a="b"}[$__range] @ end())) > 0' +
      ' or on () label_replace(vector(0), "code", "none", "", "")',
  );
});

it('asks gateways alone only as far as they are chosen', () => {
  expect(ofGateways('up')).toBe(chosen('up', 'job=~".*gateway.*"'));
  expect(chosen('up')).toBe('up{job=~"$job", instance=~"$instance"}');
});
