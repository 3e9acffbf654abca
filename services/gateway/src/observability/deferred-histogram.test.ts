import { describe, expect, it } from 'vitest';

import { GatewayMetrics } from './metrics.ts';

describe('DeferredHistogram', () => {
  it.each([0, 1, 1023, 1024, 1025, 5000])('has counted each of %i values when it is asked', async (count) => {
    const { publishSeconds, registry } = new GatewayMetrics();
    for (let i = 0; i < count; i += 1) publishSeconds.observe(i % 2 === 0 ? 0.1 : 0.25);
    for (let i = 0; i < 2; i += 1) {
      const text = await registry.metrics();
      expect(text).toContain(`outcry_gateway_publish_seconds_bucket{le="0.1"} ${String(Math.ceil(count / 2))}\n`);
      expect(text).toContain(`outcry_gateway_publish_seconds_bucket{le="0.25"} ${String(count)}\n`);
      expect(text).toContain(`outcry_gateway_publish_seconds_count ${String(count)}\n`);
    }
  });
});
