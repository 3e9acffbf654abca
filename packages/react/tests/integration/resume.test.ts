import { Stage } from '../../src/testing/stage.ts';

import { connect } from '@outcry/client';
import { type GatewayProcess, leasePort, startGateway, startRedis, uniquePrefix } from '@outcry/testkit';
import { createElement } from 'react';
import { expect, it } from 'vitest';

import { OutcryProvider, useMembers, useRoom } from '../../src/index.ts';

const OPTIONS = { token: 'ann', backoff: { baseMs: 50, maxMs: 200 } };

function Lobby(): string {
  const { status, messages } = useRoom<string>('lobby');
  const { members } = useMembers('lobby');
  return `${status} ${members.toSorted().join('+')}: ${messages.map(({ data }) => data).join(' ')}`;
}

it('shows every message once across the death of its gateway, in StrictMode', async () => {
  await using redis = await startRedis();
  using lease = await leasePort();
  const settings = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const start = (port: number): Promise<GatewayProcess> => startGateway({ ...settings, port });
  await using other = await start(0);
  const first = await start(lease.port);
  const bob = connect(other.url, { token: 'bob' });
  const room = bob.join<string>('lobby', { onEvent: () => undefined });
  using stage = new Stage();
  stage.show(createElement(OutcryProvider, { url: first.url, options: OPTIONS }, createElement(Lobby)));
  await expect.poll(() => stage.text).toBe('joined ann+bob: ');
  await room.publish('one');
  await expect.poll(() => stage.text).toBe('joined ann+bob: one');

  first.process.kill();
  await expect.poll(() => stage.text).toMatch(/^away /);
  await room.publish('two');
  await room.publish('three');
  await using _second = await start(lease.port);
  await expect.poll(() => stage.text).toMatch(/^joined .*: one two three$/);
  await room.publish('four');
  await expect.poll(() => stage.text).toBe('joined ann+bob: one two three four');
  bob.close();
});
