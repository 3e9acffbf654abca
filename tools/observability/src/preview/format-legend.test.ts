import { expect, it } from 'vitest';

import { formatLegend } from './format-legend.ts';

it.each([
  ['{{instance}}', 'gw-1'],
  ['99 % {{ instance }}', '99 % gw-1'],
  ['{{job}} {{instance}}', 'gateway gw-1'],
  ['closed', 'closed'],
  ['{{shard}} closed {{shard}}', 'closed'],
  ['{{toString}}', ''],
])('%s is %s', (format, name) => {
  expect(formatLegend(format, { instance: 'gw-1', job: 'gateway' })).toBe(name);
});
