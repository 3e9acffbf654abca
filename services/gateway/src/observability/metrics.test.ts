import { Encoding } from '@outcry/protocol';
import { expect, test } from 'vitest';

import { GatewayMetrics } from './metrics.ts';

test('shows what is counted with every frame, each time as it stands', async () => {
  const metrics = new GatewayMetrics();
  const read = async (): Promise<string> => {
    const lines = (await metrics.registry.metrics()).split('\n');
    return lines.filter((line) => /^outcry_gateway_(messages|bytes)_/.test(line)).join('\n');
  };

  metrics.countIn(Encoding.Json, 10);
  metrics.countOut(Encoding.Msgpack, 20, 3);
  metrics.relayed.inc();
  await read();
  metrics.countIn(Encoding.Json, 5);

  expect(await read()).toMatchInlineSnapshot(`
    "outcry_gateway_messages_relayed_total 1
    outcry_gateway_messages_transcoded_total 0
    outcry_gateway_messages_in_total{encoding="json"} 2
    outcry_gateway_messages_in_total{encoding="msgpack"} 0
    outcry_gateway_bytes_in_total{encoding="json"} 15
    outcry_gateway_bytes_in_total{encoding="msgpack"} 0
    outcry_gateway_messages_out_total{encoding="json"} 0
    outcry_gateway_messages_out_total{encoding="msgpack"} 3
    outcry_gateway_bytes_out_total{encoding="json"} 0
    outcry_gateway_bytes_out_total{encoding="msgpack"} 60"
  `);
});
