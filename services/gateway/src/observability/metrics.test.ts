import { CLOSE_CODES, Encoding } from '@outcry/protocol';
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

test('has as many labels of close codes as there are codes, whatever clients close with', async () => {
  const metrics = new GatewayMetrics();
  const known = new Set(Object.values(CLOSE_CODES).map(({ code }) => code));
  for (let code = 0; code < 65_536; code++) metrics.countClose(code);
  const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.includes('closes_total{'));
  const counts = new Map(lines.map((line) => [/code="(.*)"/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]));
  for (const code of known) expect(counts.get(String(code))).toBe(1);
  expect(counts.size).toBeLessThan(known.size + 20);
  expect(counts.get('other')).toBe(65_536 - (counts.size - 1));
});
