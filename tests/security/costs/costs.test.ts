import { expect, test } from 'vitest';

import type { Cost } from './support/cost.ts';
import { broken, measure } from './support/measure.ts';
import { CLOSING_COSTS } from './rows/closing.ts';
import { HTTP_COSTS } from './rows/http.ts';
import { OVERLOAD_COSTS } from './rows/overload.ts';
import { PAST_COSTS } from './rows/past.ts';
import { STORING_COSTS } from './rows/storing.ts';
import { addRow } from './support/table.ts';

/** One after the other: each has a Redis and two gateways of its own, and nothing else may be measured beside it. */
const COSTS: readonly Cost[] = [...HTTP_COSTS, ...CLOSING_COSTS, ...STORING_COSTS, ...OVERLOAD_COSTS, ...PAST_COSTS];

test.each(COSTS.map((cost) => [cost.name, cost] as const))('%s', async (_, cost) => {
  const measurement = await measure(cost);
  addRow(cost, measurement);
  expect(broken(measurement, cost)).toEqual([]);
});
